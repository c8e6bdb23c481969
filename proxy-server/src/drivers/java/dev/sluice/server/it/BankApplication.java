package dev.sluice.server.it;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.hibernate.cfg.AvailableSettings;
import org.hibernate.dialect.MySQLDialect;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/** What an application of Spring with Hibernate and HikariCP consists of. Confined to the test's thread. */
@Configuration
@EnableTransactionManagement(proxyTargetClass = true)
class BankApplication {
    /** Starts it; its tables are made anew, and dropped when it is closed. */
    static AnnotationConfigApplicationContext start(HikariConfig pool) {
        AnnotationConfigApplicationContext application = new AnnotationConfigApplicationContext();
        application.registerBean(HikariDataSource.class, () -> new HikariDataSource(pool));
        application.register(BankApplication.class);
        application.refresh();
        return application;
    }

    @Bean
    LocalContainerEntityManagerFactoryBean entityManagerFactory(HikariDataSource pool) {
        LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
        factory.setDataSource(pool);
        factory.setPackagesToScan(BankApplication.class.getPackageName());
        factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        Map<String, Object> settings = new HashMap<>();
        settings.put(AvailableSettings.HBM2DDL_AUTO, "create-drop");
        settings.put(AvailableSettings.STATEMENT_BATCH_SIZE, 20);
        settings.put(AvailableSettings.ORDER_INSERTS, true);
        settings.put(AvailableSettings.CONNECTION_PROVIDER_DISABLES_AUTOCOMMIT, !pool.isAutoCommit());
        if (pool.getJdbcUrl().startsWith("jdbc:mariadb:")) {
            // By this driver Hibernate takes every server for MariaDB.
            settings.put(AvailableSettings.DIALECT, MySQLDialect.class.getName());
        }
        factory.setJpaPropertyMap(settings);
        return factory;
    }

    @Bean
    PlatformTransactionManager transactionManager(EntityManagerFactory factory) {
        return new JpaTransactionManager(factory);
    }

    @Bean
    JdbcTemplate jdbcTemplate(DataSource dataSource) {
        return new JdbcTemplate(dataSource);
    }

    @Bean
    BankService bank(EntityManagerFactory factory, JdbcTemplate jdbc) {
        return new BankService(SharedEntityManagerCreator.createSharedEntityManager(factory), jdbc);
    }
}
