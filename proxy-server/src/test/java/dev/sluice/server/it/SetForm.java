package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The ways to set a variable for a session, beside {@code SET SESSION x = v}. Immutable. */
enum SetForm {
    UNSCOPED("SET %s = %s"),
    LOCAL("SET LOCAL %s = %s"),
    VARIABLE("SET @@%s = %s"),
    SESSION_VARIABLE("SET @@session.%s = %s"),
    LOCAL_VARIABLE("SET @@LOCAL.`%s` := %s"),
    ONE_OF_TWO("SET @one = 1, SESSION %s = %s"),
    IN_A_COMMENT("/*!50000 SET SESSION */ %s = %s"),
    SEVERAL("DO 0; SET SESSION %s = %s"),
    PREPARED("SET SESSION %s = %s");

    /** They differ from others in how they are written only: one of them is enough for each variable. */
    private static final List<SetForm> SPELLINGS = List.of(LOCAL_VARIABLE, ONE_OF_TWO, IN_A_COMMENT);

    private final String template;

    SetForm(String template) {
        this.template = template;
    }

    /** Those to try with the variable of this number. */
    static List<SetForm> of(int variable) {
        List<SetForm> forms = new ArrayList<>(List.of(values()));
        forms.removeAll(SPELLINGS);
        forms.add(SPELLINGS.get(variable % SPELLINGS.size()));
        return forms;
    }

    /** Sets the variable; the number of the error, or 0. */
    int run(RawClient client, String name, String value) throws IOException {
        String sql = template.formatted(name, value);
        List<byte[]> answers = this == PREPARED ? prepared(client, sql) : client.query(sql);
        byte[] last = answers.get(answers.size() - 1);
        return RawClient.first(last) == RawClient.ERR ? client.err(last).code() : 0;
    }

    private static List<byte[]> prepared(RawClient client, String sql) throws IOException {
        client.send(CommandType.COM_STMT_PREPARE, sql.getBytes(StandardCharsets.UTF_8));
        List<byte[]> head = client.readPrepared();
        if (RawClient.first(head.get(0)) == RawClient.ERR) {
            return head;
        }
        byte[] id = Arrays.copyOfRange(head.get(0), 1, 5);
        byte[] body = Arrays.copyOf(id, 9);
        // No cursor, once.
        body[5] = 1;
        client.send(CommandType.COM_STMT_EXECUTE, body);
        List<byte[]> answers = client.readResults();
        client.send(CommandType.COM_STMT_CLOSE, id);
        return answers;
    }
}
