package io.twinspan.internal.codec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Just enough JSON for the vectors: objects, lists, texts, whole numbers and the literals. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.space();
        if (json.at != text.length()) {
            throw new IllegalArgumentException("JSON goes on at " + json.at);
        }
        return value;
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private boolean take(char c) {
        space();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void need(char c) {
        if (!take(c)) {
            throw new IllegalArgumentException("JSON lacks a " + c + " at " + at);
        }
    }

    private Object value() {
        space();
        if (take('{')) {
            Map<String, Object> out = new LinkedHashMap<>();
            while (!take('}')) {
                String key = string();
                need(':');
                out.put(key, value());
                take(',');
            }
            return out;
        }
        if (take('[')) {
            List<Object> out = new ArrayList<>();
            while (!take(']')) {
                out.add(value());
                take(',');
            }
            return out;
        }
        if (text.charAt(at) == '"') {
            return string();
        }
        int start = at;
        while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String word = text.substring(start, at);
        if (!word.isEmpty() && word.chars().allMatch(Character::isDigit)) {
            return Long.valueOf(word);
        }
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> throw new IllegalArgumentException("no JSON literal at " + start);
        };
    }

    private String string() {
        need('"');
        StringBuilder out = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escape = text.charAt(at++);
            switch (escape) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> {
                    out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                }
                default -> out.append(escape);
            }
        }
        at++;
        return out.toString();
    }
}
