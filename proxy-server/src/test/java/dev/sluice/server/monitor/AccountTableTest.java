package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccountTableTest {
    private static Account account(String name, String hash) {
        int at = name.indexOf('@');
        return new Account(
                new Account.AccountName(name.substring(0, at), name.substring(at + 1)),
                "mysql_native_password",
                hash.getBytes(StandardCharsets.US_ASCII),
                new Account.Standing(false, false, Account.Demand.NOTHING, ""));
    }

    private static AccountTable table(String ownHost, String... names) {
        List<Account> accounts =
                Arrays.stream(names).map(name -> account(name, "*1")).toList();
        return new AccountTable(accounts, new AccountTable.Server(Set.of(ownHost), true));
    }

    private static Account only(AccountChoice choice) {
        assertThat(choice.accounts()).hasSize(1);
        return choice.accounts().get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "%,10.1.2.3,true",
        "'',10.1.2.3,true",
        "10.1.2.3,10.1.2.3,true",
        "10.1.2.4,10.1.2.3,false",
        "10.1.%,10.1.2.3,true",
        "10.1._.3,10.1.2.3,true",
        "10.1._.3,10.1.22.3,false",
        "%.3,10.1.2.3,true",
        "%.%.3,10.1.2.4,false",
        "10.1.0.0/255.255.0.0,10.1.2.3,true",
        "10.1.0.0/16,10.1.2.3,true",
        "10.2.0.0/16,10.1.2.3,false",
        "10.1.0.0/16,app.example,false",
        "0.0.0.0/0,10.1.2.3,true",
        "APP.Example,app.example,true",
        "%.example,app.example,true",
        "app_example,app.example,true",
        "app\\_example,app.example,false",
        "app\\_example,app_example,true",
        "localhost,10.1.2.3,false",
    })
    void aHostPatternMatchesAsOnTheServer(String pattern, String host, boolean expected) {
        assertThat(new HostPattern(pattern).matches(host)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3 10.1.0.0/16 10.1.%,10.1.2.3",
        "10.1.0.0/16 10.1.2.0/24 %,10.1.2.0/24",
        "10.1.0.0/16 10.1.%,10.1.0.0/16",
        "% 10.% 10.1.%,10.1.%",
        "% 10.9.%,%",
    })
    void theMostSpecificMatchingHostIsChosen(String hosts, String expected) {
        String[] names =
                Arrays.stream(hosts.split(" ")).map(host -> "u@" + host).toArray(String[]::new);
        Account chosen = only(table("10.1.2.3", names).lookup("u", null));
        assertThat(chosen.host()).isEqualTo(expected);
    }

    @Test
    void theAnonymousAccountOfAMoreSpecificHostHidesTheNamedOne() {
        assertThat(only(table("localhost", "u@%", "@localhost").lookup("u", null)))
                .hasToString("Account[@localhost, plugin=mysql_native_password, locked=false]");
        assertThat(only(table("localhost", "u@localhost", "@localhost").lookup("u", null)))
                .hasToString("Account[u@localhost, plugin=mysql_native_password, locked=false]");
        assertThat(table("localhost", "@%").lookup("who", null).isNone()).isFalse();
        assertThat(table("localhost", "u@%").lookup("who", null).isNone()).isTrue();
        assertThat(table("10.0.0.1", "u@10.9.%").lookup("u", null).isNone()).isTrue();
    }

    /** Of accounts u at hosts, those that a client may be meant by; the server looks names up or not. */
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, true, % 10.1.%, 10.1.%",
        "10.2.2.3, true, % 10.1.%, %",
        "10.2.2.3, true, 10.1.% 127.0.0.1, ''",
        "10.1.2.3, false, 10.1.% app.example %, 10.1.%",
        "10.1.2.3, true, 10.1.% app.example %, app.example 10.1.%",
        "10.1.2.3, true, 10.1.2.3 app.example %, 10.1.2.3 app.example",
        "10.1.2.3, true, app.example %.example localhost, app.example %.example",
        "10.1.2.3, true, app.example, app.example",
        "10.1.2.3, true, fd00::% localhost %, %",
        "fd00::12, true, fd00::% %, fd00::%",
        "fd00:0:0:0:0:0:0:12, false, fd00::12 %, fd00::12",
        "127.0.0.1, true, % localhost app.example, localhost",
        "127.0.0.1, false, % localhost, %",
        "::1, true, % localhost, localhost",
        "127.0.0.2, true, % localhost, %",
        "10.1.2.3, true, 10.1.0.0/255.255.0.0 10.0.0.0/255.0.0.0, 10.1.0.0/255.255.0.0"
    })
    void theAccountIsThatOfTheClientsAddressWhereServersAreToldIt(
            String client, boolean resolvesNames, String hosts, String expected) {
        List<Account> accounts = Arrays.stream(hosts.split(" "))
                .map(host -> account("u@" + host, "*1"))
                .toList();
        AccountTable table = new AccountTable(accounts, new AccountTable.Server(Set.of("127.0.0.1"), resolvesNames));
        List<String> chosen =
                table.lookup("u", NetUtil.createInetAddressFromIpAddressString(client)).accounts().stream()
                        .map(Account::host)
                        .toList();
        assertThat(String.join(" ", chosen)).isEqualTo(expected);
    }

    @Test
    void ofSeveralAccountsTheStrictestDemandCounts() {
        AccountChoice choice = AccountChoice.of(
                Accounts.demanding(Account.Demand.NOTHING, "u", "one"),
                Accounts.demanding(Account.Demand.CERTIFICATE, "u", "one"),
                Accounts.demanding(Account.Demand.TLS, "u", "other"));
        assertThat(choice.demand()).isEqualTo(Account.Demand.CERTIFICATE);
        assertThat(choice.isAllOf("one")).isFalse();
        assertThat(AccountChoice.NONE.demand()).isEqualTo(Account.Demand.NOTHING);
    }

    @Test
    void changedAddedAndRemovedAccountsAreFoundByUser() {
        AccountTable before = new AccountTable(
                List.of(account("same@%", "*1"), account("changed@%", "*1"), account("removed@%", "*1")),
                new AccountTable.Server(Set.of("h"), true));
        AccountTable now = new AccountTable(
                List.of(account("same@%", "*1"), account("changed@%", "*2"), account("added@%", "*1")),
                new AccountTable.Server(Set.of("h"), true));
        assertThat(now.changedUsers(before)).containsExactlyInAnyOrder("changed", "removed", "added");
        assertThat(now.changedUsers(now)).isEmpty();
    }
}
