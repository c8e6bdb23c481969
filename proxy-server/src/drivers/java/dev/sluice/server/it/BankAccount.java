package dev.sluice.server.it;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An entity with a generated key, a version, and entries that are loaded when asked for. Confined to the test's thread. */
@Entity
@Table(name = "drv_account")
class BankAccount {
    /** What an account is for. */
    enum Purpose {
        CURRENT,
        SAVINGS
    }

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    @Version
    private int version;

    @Column(unique = true, nullable = false, length = 40)
    private String owner;

    @Column(precision = 12, scale = 2)
    private BigDecimal balance;

    @Enumerated(EnumType.STRING)
    private Purpose purpose;

    private LocalDateTime opened;

    private byte[] seal;

    @OneToMany(mappedBy = "account", cascade = CascadeType.ALL, orphanRemoval = true)
    @OrderBy("id")
    private List<BankEntry> entries = new ArrayList<>();

    /** For Hibernate. */
    protected BankAccount() {
        this("", BigDecimal.ZERO, Purpose.CURRENT);
    }

    BankAccount(String owner, BigDecimal balance, Purpose purpose) {
        this.owner = owner;
        this.balance = balance;
        this.purpose = purpose;
        this.opened = LocalDateTime.of(2026, 11, 21, 4, 5, 6, 789_012_000);
        this.seal = new byte[] {0, '\'', '\\', (byte) 0xff};
    }

    @Nullable
    Long id() {
        return id;
    }

    String owner() {
        return owner;
    }

    BigDecimal balance() {
        return balance;
    }

    void pay(BigDecimal amount, String note) {
        balance = balance.add(amount);
        entries.add(new BankEntry(this, amount, note));
    }

    List<BankEntry> entries() {
        return entries;
    }

    /** All that is stored in its own row. */
    String describe() {
        return "%d v%d %s %s %s %s %s".formatted(id, version, owner, balance, purpose, opened, seal.length);
    }
}
