package dev.sluice.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.admin.OperationException;
import dev.sluice.server.http.JsonBody.Value;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBodyTest {
    @Test
    void aFlatObjectIsRead() throws OperationException {
        assertThat(JsonBody.parse("{\n\t\"a\": \"x\\/y\\ud83d\\ude00\\n\",\r\n\"b\":\t7, \"c\": true, \"d\": null}\n"))
                .isEqualTo(Map.of(
                        "a", new Value("x/y😀\n", true), "b", new Value("7", false), "c", new Value("true", false)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n", "{}", " { } "})
    void nothingIsAnEmptyObject(String text) throws OperationException {
        assertThat(JsonBody.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "7",
                "\"a\"",
                "a: 1",
                "{a: 1}",
                "{\"a\": {\"b\": 1}}",
                "{\"a\": [1]}",
                "{\"a\": 1, \"a\": 2}",
                "{\"a\": *b}",
                "{\"a\": 1",
                "{\"a\": 1} x",
                "{\"a\": 1}\n---\n{\"b\": 1}",
                "{\"a\": \"\\q\"}",
                "{[1]: 2}"
            })
    void everythingElseIsRefused(String text) {
        assertThatThrownBy(() -> JsonBody.parse(text))
                .isInstanceOfSatisfying(
                        OperationException.class, e -> assertThat(e.kind()).isEqualTo(OperationException.Kind.INVALID))
                .hasMessageStartingWith("the body ");
    }

    @Test
    void deepNestingIsRefusedWithoutBeingFollowed() {
        assertThatThrownBy(() -> JsonBody.parse("{\"a\":" + "[".repeat(60_000))).isInstanceOf(OperationException.class);
    }
}
