package dev.sluice.server.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a configuration file and reports all of its problems at once. Immutable.
 *
 * <p>The file is composed into nodes and not constructed into objects, because nodes know their line and column and
 * because nothing in a file can then name a class. Relative paths are relative to the file.
 */
public final class ConfigLoader {
    private static final long FILE_BYTES_MAX = 1 << 20;
    /** Problems that the parser describes by a word of the file, which may be a password that lacks its quotes. */
    private static final Pattern NAMED =
            Pattern.compile("(undefined alias|undefined tag handle|duplicate anchor).*", Pattern.DOTALL);

    private static final String UNQUOTED = "; a value that begins with *, & or ! needs quotes";

    private final Function<String, @Nullable String> environment;

    /** A loader that takes variables from the environment of this process. */
    public ConfigLoader() {
        this(System::getenv);
    }

    /** A loader with its own variables: name to value, or to null if it is not set. */
    public ConfigLoader(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    /**
     * Reads a file.
     *
     * @throws ConfigException if it cannot be read or anything in it is wrong
     */
    public SluiceConfig load(Path file) throws ConfigException {
        Problems problems = new Problems(file.toString());
        String text = "";
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                problems.addFile("the file has more than " + FILE_BYTES_MAX + " bytes; is it the right one?");
            } else {
                text = Files.readString(file);
            }
        } catch (NoSuchFileException e) {
            problems.addFile("the file does not exist; create it or correct --config");
        } catch (AccessDeniedException e) {
            problems.addFile("the file may not be read by this user; check its permissions");
        } catch (CharacterCodingException e) {
            problems.addFile("the file is not UTF-8 text; convert it");
        } catch (IOException e) {
            problems.addFile("the file cannot be read: " + e.getMessage());
        }
        problems.throwIfAny();
        @Nullable Path directory = file.toAbsolutePath().getParent();
        return parse(text, file.toString(), directory == null ? file.toAbsolutePath() : directory);
    }

    /**
     * Reads the text of a file.
     *
     * @param text YAML
     * @param name what problems call the file
     * @param directory what relative paths are relative to
     * @throws ConfigException if anything in it is wrong
     */
    public SluiceConfig parse(String text, String name, Path directory) throws ConfigException {
        Problems problems = new Problems(name);
        Optional<Node> root = compose(text, name, problems);
        problems.throwIfAny();
        if (root.isEmpty()) {
            problems.addFile("the file is empty; a complete one has listen, backends and monitor");
            problems.throwIfAny();
        }
        ConfigDocument document = new ConfigDocument(root.orElseThrow(), problems);
        if (!(root.orElseThrow() instanceof MappingNode)) {
            problems.throwIfAny();
        }
        return new ConfigBinder(document, problems, directory, environment).bind();
    }

    private static Optional<Node> compose(String text, String name, Problems problems) {
        // Odd keys are let through here so that they are reported with their place.
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setAllowNonScalarKeys(true)
                .build();
        try {
            return new Compose(settings).composeString(text);
        } catch (MarkedYamlEngineException e) {
            // Only the parser's own words: the full message quotes lines of the file, and a line may be a password.
            String context = e.getContext() == null || e.getContext().isEmpty() ? "" : e.getContext() + ", ";
            String problem = NAMED.matcher(String.valueOf(e.getProblem())).replaceFirst("$1" + UNQUOTED);
            problems.add(e.getProblemMark(), "", "not valid YAML: " + context + problem);
        } catch (YamlEngineException e) {
            problems.addFile("not valid YAML; use plain mappings, lists and values");
        }
        return Optional.empty();
    }
}
