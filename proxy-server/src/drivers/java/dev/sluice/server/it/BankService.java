package dev.sluice.server.it;

import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import jakarta.persistence.criteria.CriteriaQuery;
import jakarta.persistence.criteria.Root;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.hibernate.jpa.HibernateHints;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * A service as applications have them: each method is a transaction as its annotation says. Each says on which server it
 * ran. Thread-safe: what it uses is.
 */
class BankService {
    private final EntityManager entities;
    private final JdbcTemplate jdbc;

    BankService(EntityManager entities, JdbcTemplate jdbc) {
        this.entities = entities;
        this.jdbc = jdbc;
    }

    /** The server that answers here and now, by its id. */
    private String here() {
        return "server " + entities.createNativeQuery("SELECT @@server_id").getSingleResult();
    }

    // ---- transactions that write ----

    @Transactional
    public List<String> open(String owner, BankAccount.Purpose purpose) {
        BankAccount account = new BankAccount(owner, new BigDecimal("10.25"), purpose);
        account.pay(new BigDecimal("5"), "grüße 🙂 " + owner);
        entities.persist(account);
        entities.flush();
        return List.of(here(), account.describe());
    }

    @Transactional
    public List<String> pay(String owner, int times) {
        BankAccount account = byOwner(owner);
        for (int i = 1; i <= times; i++) {
            account.pay(BigDecimal.valueOf(i), "payment " + i);
        }
        entities.flush();
        return List.of(here(), account.describe());
    }

    @Transactional
    public List<String> payAndFail(String owner) {
        byOwner(owner).pay(BigDecimal.TEN, "undone");
        entities.flush();
        throw new IllegalArgumentException(here() + ", undone");
    }

    @Transactional
    public List<String> lockAndPay(String owner) {
        BankAccount account = byOwner(owner);
        entities.lock(account, LockModeType.PESSIMISTIC_WRITE);
        account.pay(BigDecimal.ONE, "locked");
        return List.of(here());
    }

    @Transactional
    public List<String> payWithStale(BankAccount stale) {
        entities.merge(stale).pay(BigDecimal.ONE, "too late");
        return List.of(here());
    }

    @Transactional
    public List<String> inBulk() {
        int updated = entities.createQuery("update BankAccount a set a.balance = a.balance + 1 where a.purpose = :p")
                .setParameter("p", BankAccount.Purpose.SAVINGS)
                .executeUpdate();
        int deleted = entities.createQuery("delete from BankEntry e where e.note like 'payment 1%'")
                .executeUpdate();
        return List.of(here(), "updated " + updated + " deleted " + deleted);
    }

    @Transactional(isolation = Isolation.SERIALIZABLE, timeout = 10)
    public List<String> serializable() {
        return List.of(here(), String.valueOf(jdbc.queryForObject("SELECT @@transaction_isolation", String.class)));
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public List<String> openInAnother(String owner) {
        return open(owner, BankAccount.Purpose.CURRENT);
    }

    @Transactional
    public List<String> openBothAndFail(Consumer<String> inAnother) {
        open("outer", BankAccount.Purpose.CURRENT);
        inAnother.accept("inner");
        throw new IllegalArgumentException("the outer one is undone");
    }

    // ---- transactions that read ----

    @Transactional(readOnly = true)
    public List<String> summary() {
        List<String> lines = new ArrayList<>();
        lines.add(here());
        entities.createQuery("from BankAccount a order by a.owner", BankAccount.class)
                .getResultList()
                .forEach(account -> {
                    lines.add(account.describe());
                    account.entries().forEach(entry -> lines.add("  " + entry.describe()));
                });
        lines.add(here());
        return lines;
    }

    @Transactional(readOnly = true)
    public List<String> queries() {
        CriteriaQuery<BankAccount> criteria = entities.getCriteriaBuilder().createQuery(BankAccount.class);
        Root<BankAccount> root = criteria.from(BankAccount.class);
        root.fetch("entries");
        criteria.select(root)
                .distinct(true)
                .orderBy(entities.getCriteriaBuilder().asc(root.get("id")));
        List<String> lines = new ArrayList<>(List.of(here()));
        entities.createQuery(criteria)
                .getResultList()
                .forEach(account ->
                        lines.add(account.owner() + " " + account.entries().size()));
        entities.createQuery(
                        "select a.purpose, count(a), sum(a.balance), max(e.amount) from BankAccount a join a.entries e"
                                + " group by a.purpose order by a.purpose",
                        Object[].class)
                .setMaxResults(5)
                .getResultList()
                .forEach(row -> lines.add(List.of(row).toString()));
        try (Stream<BankEntry> stream = entities.createQuery("from BankEntry e order by e.id", BankEntry.class)
                .setHint(HibernateHints.HINT_FETCH_SIZE, 10)
                .getResultStream()) {
            stream.forEach(entry -> lines.add(entry.describe()));
        }
        lines.add(jdbc.queryForList("SELECT id, owner, balance FROM drv_account ORDER BY id")
                .toString());
        return lines;
    }

    @Transactional(readOnly = true)
    public List<String> writeThoughItOnlyReads() {
        jdbc.update("UPDATE drv_account SET balance = 0");
        return List.of(here());
    }

    // ---- no transaction ----

    public List<String> outside() {
        List<String> lines = new ArrayList<>(List.of(here()));
        lines.add("server " + jdbc.queryForObject("SELECT @@server_id", Long.class));
        lines.add(jdbc.queryForList("SELECT owner, balance FROM drv_account WHERE id > ? ORDER BY id", 0)
                .toString());
        lines.add(find("ada").describe());
        return lines;
    }

    public BankAccount find(String owner) {
        return byOwner(owner);
    }

    private BankAccount byOwner(String owner) {
        return entities.createQuery("from BankAccount a where a.owner = :owner", BankAccount.class)
                .setParameter("owner", owner)
                .getSingleResult();
    }
}
