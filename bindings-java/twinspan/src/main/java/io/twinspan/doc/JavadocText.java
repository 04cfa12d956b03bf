package io.twinspan.doc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Javadoc comment as plain text: its description, and what it says of parameters, of the result
 * and of exceptions.
 *
 * @param description the text before the block tags
 * @param parameters what is said of each, of components where it is a record's
 * @param result what is said of it; may be empty
 * @param errors what is said of each exception
 */
record JavadocText(
        String description,
        Map<String, String> parameters,
        String result,
        Map<String, String> errors) {
    private static final Pattern INLINE =
            Pattern.compile("\\{@(\\w+)\\s*((?:[^{}]|\\{[^{}]*\\})*)\\}");
    private static final Pattern BLOCK = Pattern.compile("^@(\\w+)\\s*(.*)$", Pattern.DOTALL);
    private static final Pattern ENTITY = Pattern.compile("&(#?\\w+);");
    private static final Map<String, String> ENTITIES =
            Map.of("lt", "<", "gt", ">", "amp", "&", "quot", "\"", "nbsp", " ", "apos", "'");

    static JavadocText of(String comment) {
        List<String> blocks = blocks(comment);
        Map<String, String> parameters = new LinkedHashMap<>();
        Map<String, String> errors = new LinkedHashMap<>();
        String result = "";
        for (String block : blocks.subList(1, blocks.size())) {
            Matcher tag = BLOCK.matcher(block);
            if (!tag.matches()) {
                continue;
            }
            String[] parts = tag.group(2).strip().split("\\s+", 2);
            String rest = parts.length == 2 ? onLine(plain(parts[1])) : "";
            switch (tag.group(1)) {
                case "param" -> {
                    // Type parameters are in angle brackets.
                    if (!parts[0].startsWith("<") && !rest.isEmpty()) {
                        parameters.put(parts[0], rest);
                    }
                }
                case "return" -> result = onLine(plain(tag.group(2)));
                case "throws", "exception" ->
                        errors.put(parts[0].substring(parts[0].lastIndexOf('.') + 1), rest);
                default -> {} // @see, @since and the like are for readers of the source.
            }
        }
        return new JavadocText(plain(blocks.get(0)), parameters, result, errors);
    }

    /** The description with sections behind it, laid out as Python's docstrings are. */
    String whole() {
        StringBuilder out = new StringBuilder(description);
        section(out, "Args", parameters);
        if (!result.isEmpty()) {
            section(out, "Returns", Map.of("", result));
        }
        section(out, "Raises", errors);
        return out.toString().strip();
    }

    private static void section(StringBuilder out, String title, Map<String, String> entries) {
        if (entries.isEmpty()) {
            return;
        }
        out.append("\n\n").append(title).append(':');
        entries.forEach(
                (name, text) ->
                        out.append("\n    ")
                                .append(name)
                                .append(name.isEmpty() || text.isEmpty() ? "" : ": ")
                                .append(text));
    }

    /** The description, and each block tag with what follows it. */
    private static List<String> blocks(String comment) {
        List<StringBuilder> blocks = new ArrayList<>(List.of(new StringBuilder()));
        for (String line : comment.lines().toList()) {
            if (BLOCK.matcher(line.strip()).matches()) {
                blocks.add(new StringBuilder(line.strip()));
            } else {
                // A comment's lines begin with the blank behind the asterisk.
                String text = line.startsWith(" ") ? line.substring(1) : line;
                blocks.get(blocks.size() - 1).append('\n').append(text.stripTrailing());
            }
        }
        return blocks.stream().map(StringBuilder::toString).toList();
    }

    private static String plain(String html) {
        String text = INLINE.matcher(html).replaceAll(JavadocText::inline);
        // Items first, so that the list around them keeps its distance from the text before.
        text = text.replaceAll("(?i)\\s*<li\\s*>\\s*", "\n- ").replaceAll("(?i)<br\\s*/?>", "\n");
        text =
                text.replaceAll(
                        "(?i)\\s*<(p|/p|ul|/ul|ol|/ol|h\\d|/h\\d|pre|/pre)\\s*>\\s*", "\n\n");
        text = text.replaceAll("(?i)</?code>", "`").replaceAll("</?[a-zA-Z][^<>]*>", "");
        text = ENTITY.matcher(text).replaceAll(JavadocText::entity);
        return text.strip().replaceAll("\n{3,}", "\n\n");
    }

    private static String inline(MatchResult tag) {
        String inside = tag.group(2).strip();
        String text =
                switch (tag.group(1)) {
                    case "code" -> "`" + escaped(inside) + "`";
                    case "literal" -> escaped(inside);
                    case "link", "linkplain" -> "`" + label(inside) + "`";
                    case "value", "inheritDoc" -> "";
                    default -> inside;
                };
        return Matcher.quoteReplacement(text);
    }

    /** What stands in code is no HTML. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** {@code java.util.List#of(Object...) a list} is shown as its label, or else as List.of. */
    private static String label(String link) {
        Matcher parts =
                Pattern.compile("([^\\s(]*(?:\\([^)]*\\))?)\\s*(.*)", Pattern.DOTALL).matcher(link);
        if (parts.matches() && !parts.group(2).isEmpty()) {
            return parts.group(2);
        }
        String target = link.replaceAll("\\(.*", "");
        String owner = target.substring(0, Math.max(0, target.indexOf('#')));
        String name = target.substring(target.indexOf('#') + 1);
        String simple = owner.substring(owner.lastIndexOf('.') + 1);
        return target.indexOf('#') < 0
                ? target.substring(target.lastIndexOf('.') + 1)
                : simple.isEmpty() ? name : simple + "." + name;
    }

    private static String entity(MatchResult found) {
        String name = found.group(1);
        String known = ENTITIES.get(name);
        if (known == null && name.matches("#\\d{1,6}")) {
            int point = Integer.parseInt(name.substring(1));
            known = Character.isValidCodePoint(point) ? Character.toString(point) : null;
        }
        return Matcher.quoteReplacement(known != null ? known : found.group());
    }

    private static String onLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
