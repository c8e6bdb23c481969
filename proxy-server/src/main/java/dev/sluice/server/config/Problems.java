package dev.sluice.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** Collects what is wrong while a file is read, so that one run reports everything. Confined to the loading thread. */
final class Problems {
    private final String file;
    private final List<ConfigProblem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void add(Node where, String path, String what, String remedy) {
        add(where.getStartMark(), path, what + "; " + remedy);
    }

    void add(Optional<Mark> where, String path, String message) {
        int line = where.map(mark -> mark.getLine() + 1).orElse(0);
        int column = where.map(mark -> mark.getColumn() + 1).orElse(0);
        found.add(new ConfigProblem(file, line, column, path, message));
    }

    /** A problem of the file as a whole. */
    void addFile(String message) {
        found.add(new ConfigProblem(file, 0, 0, "", message));
    }

    /** Throws if anything was found. */
    void throwIfAny() throws ConfigException {
        if (!found.isEmpty()) {
            throw new ConfigException(found);
        }
    }
}
