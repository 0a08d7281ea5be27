package dev.trunkline.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads a YAML file into {@link YamlValue}s. Tokens are read instead of binding to records, because only tokens know where
 * they stand. A key that is written twice and an alias are problems; a text that is no YAML is one problem.
 */
final class YamlReader {

    /** {@code ${...}} in a value: its braces would end a plain scalar inside {@code { }}. */
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^}\\n]*}");

    /** References are read as characters of the private use area, one for one, so that columns stay what they are. */
    private static final char VEIL = '\uE800';

    private final Problems problems;
    private YAMLParser parser;

    YamlReader(Problems problems) {
        this.problems = problems;
    }

    /** The document's mapping; empty if the text is no YAML or no mapping. */
    YamlValue.Mapping read(String text) {
        YamlValue.Mapping nothing = new YamlValue.Mapping(List.of(), Position.START);
        try (YAMLParser tokens = (YAMLParser) new YAMLFactory().createParser(ObjectReadContext.empty(), veiled(text))) {
            parser = tokens;
            JsonToken first = tokens.nextToken();
            if (first == null) {
                return nothing;
            }
            YamlValue value = value(first, "");
            if (tokens.nextToken() != null) {
                problems.error(here(), "", "the file must hold one YAML document");
            }
            return switch (value) {
                case YamlValue.Mapping mapping -> mapping;
                case YamlValue.Scalar scalar when scalar.text() == null || scalar.text().isEmpty() -> nothing;
                case YamlValue.Scalar scalar -> {
                    problems.error(scalar.position(), "", "expected keys and values");
                    yield nothing;
                }
                case YamlValue.Sequence sequence -> {
                    problems.error(sequence.position(), "", "expected keys and values, not a list");
                    yield nothing;
                }
            };
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            Position position = at == null || at.getLineNr() < 1
                    ? Position.START
                    : new Position(at.getLineNr(), Math.max(1, at.getColumnNr()));
            problems.error(position, "", "not YAML: " + unveiled(firstLine(e.getOriginalMessage())));
            return nothing;
        }
    }

    private YamlValue value(JsonToken token, String path) {
        if (parser.isCurrentAlias()) {
            problems.error(here(), path, "aliases are not supported");
        }
        return switch (token) {
            case START_OBJECT -> mapping(path);
            case START_ARRAY -> sequence(path);
            case VALUE_NULL -> new YamlValue.Scalar(null, here());
            default -> new YamlValue.Scalar(unveiled(parser.getString()), here());
        };
    }

    private YamlValue mapping(String path) {
        Position start = here();
        List<YamlValue.Entry> entries = new ArrayList<>();
        Map<String, Position> seen = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = unveiled(parser.currentName());
            Position at = here();
            String keyPath = Problems.join(path, key);
            YamlValue value = value(parser.nextToken(), keyPath);
            Position earlier = seen.putIfAbsent(key, at);
            if (earlier == null) {
                entries.add(new YamlValue.Entry(key, at, value));
            } else {
                problems.error(at, keyPath, "key is written twice, first in line " + earlier.line());
            }
        }
        return new YamlValue.Mapping(entries, start);
    }

    private YamlValue sequence(String path) {
        Position start = here();
        List<YamlValue> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token, path));
        }
        return new YamlValue.Sequence(items, start);
    }

    private static String veiled(String text) {
        return REFERENCE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(
                m.group().chars().map(c -> c < 128 ? c + VEIL : c).collect(StringBuilder::new,
                        (b, c) -> b.append((char) c), StringBuilder::append).toString()));
    }

    private static String unveiled(String text) {
        StringBuilder plain = new StringBuilder(text);
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            if (c >= VEIL && c < VEIL + 128) {
                plain.setCharAt(i, (char) (c - VEIL));
            }
        }
        return plain.toString();
    }

    private Position here() {
        JsonParser tokens = parser;
        TokenStreamLocation at = tokens.currentTokenLocation();
        return new Position(Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }

    private static String firstLine(String message) {
        return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable").strip();
    }
}
