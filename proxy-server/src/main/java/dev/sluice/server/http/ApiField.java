package dev.sluice.server.http;

/**
 * One thing that a request of the API may or must say. Immutable.
 *
 * @param name as it is written
 * @param place where it is written
 * @param type what it may be
 * @param required whether the request makes no sense without it
 * @param description one sentence
 */
record ApiField(String name, Place place, Type type, boolean required, String description) {
    /** Where it is written. */
    enum Place {
        PATH,
        QUERY,
        BODY
    }

    /** What it may be. */
    enum Type {
        TEXT("string"),
        /** A whole number from 0 on. */
        COUNT("integer"),
        FLAG("boolean");

        private final String jsonType;

        Type(String jsonType) {
            this.jsonType = jsonType;
        }

        /** Its name in JSON Schema. */
        String jsonType() {
            return jsonType;
        }
    }

    static ApiField path(String name, Type type, String description) {
        return new ApiField(name, Place.PATH, type, true, description);
    }

    static ApiField query(String name, Type type, String description) {
        return new ApiField(name, Place.QUERY, type, false, description);
    }

    static ApiField required(String name, Type type, String description) {
        return new ApiField(name, Place.BODY, type, true, description);
    }

    static ApiField optional(String name, Type type, String description) {
        return new ApiField(name, Place.BODY, type, false, description);
    }
}
