package dev.sluice.protocol.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519PasswordTest {
    private static final HexFormat HEX = HexFormat.of();

    /** Where the password has the length of a key, the platform's own implementation says the same. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void aPasswordOf32BytesSignsAsAKeyDoes(int seed) throws Exception {
        byte[] password = Digests.sha256(new byte[] {(byte) seed});
        byte[] nonce = Digests.sha256(new byte[] {(byte) seed, 1});
        PrivateKey key = KeyFactory.getInstance("Ed25519")
                .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, password));
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(nonce);
        assertThat(Ed25519Password.sign(password, nonce)).isEqualTo(signature.sign());
    }

    /** The second and third of the standard's own examples. */
    @ParameterizedTest
    @CsvSource({
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb, 72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7, af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    })
    void theExamplesOfTheStandardComeOut(String key, String message, String signature) {
        assertThat(HEX.formatHex(Ed25519Password.sign(HEX.parseHex(key), HEX.parseHex(message))))
                .isEqualTo(signature);
    }

    @Test
    void aPasswordMayHaveAnyLength() {
        byte[] nonce = new byte[Ed25519Password.NONCE_LENGTH];
        byte[] one = Ed25519Password.sign("a".getBytes(StandardCharsets.UTF_8), nonce);
        byte[] other = Ed25519Password.sign("a".repeat(200).getBytes(StandardCharsets.UTF_8), nonce);
        assertThat(one).hasSize(64).isNotEqualTo(other);
        assertThat(other).hasSize(64);
    }
}
