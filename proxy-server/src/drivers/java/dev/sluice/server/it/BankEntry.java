package dev.sluice.server.it;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Table;
import jakarta.persistence.TableGenerator;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** An entity whose keys come from a table, in a transaction of their own, so that many go in a batch. Confined to the test's thread. */
@Entity
@Table(name = "drv_entry")
class BankEntry {
    @Id
    @TableGenerator(name = "drv_keys", table = "drv_keys", allocationSize = 10)
    @GeneratedValue(strategy = GenerationType.TABLE, generator = "drv_keys")
    private @Nullable Long id;

    @ManyToOne(fetch = FetchType.LAZY)
    private @Nullable BankAccount account;

    @Column(precision = 12, scale = 2)
    private BigDecimal amount;

    private String note;

    /** For Hibernate. */
    protected BankEntry() {
        amount = BigDecimal.ZERO;
        note = "";
    }

    BankEntry(BankAccount account, BigDecimal amount, String note) {
        this.account = account;
        this.amount = amount;
        this.note = note;
    }

    String describe() {
        return "%d of %s %s %s".formatted(id, account == null ? "nobody" : account.owner(), amount, note);
    }
}
