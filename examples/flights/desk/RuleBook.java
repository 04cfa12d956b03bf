package desk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rule book of the operations desk: from a probability to an action. */
final class RuleBook implements Rules {
    private static final Pattern OBJECT = Pattern.compile("\\{[^{}]*}");
    private static final Pattern FIELD =
            Pattern.compile("\"(\\w+)\"\\s*:\\s*(?:\"([^\"]*)\"|([-+.\\deE]+))");
    private static final String OTHERWISE = "release";

    private final List<Rule> rules;
    private final Traffic traffic;

    private RuleBook(List<Rule> rules, Traffic traffic) {
        this.rules = List.copyOf(rules);
        this.traffic = traffic;
    }

    /** Reads rules.json, a flat list of flat objects. */
    static RuleBook read(Path file, Traffic traffic) throws IOException {
        List<Rule> rules = new ArrayList<>();
        Matcher objects = OBJECT.matcher(Files.readString(file));
        while (objects.find()) {
            Map<String, String> fields = new HashMap<>();
            Matcher field = FIELD.matcher(objects.group());
            while (field.find()) {
                fields.put(
                        field.group(1), field.group(2) != null ? field.group(2) : field.group(3));
            }
            rules.add(
                    new Rule(
                            fields.get("action"),
                            Double.parseDouble(fields.get("above")),
                            fields.get("origin"),
                            Integer.parseInt(fields.get("from_hour")),
                            Integer.parseInt(fields.get("to_hour"))));
        }
        return new RuleBook(rules, traffic);
    }

    @Override
    public List<Rule> book() {
        traffic.served();
        return rules;
    }

    String action(Flight flight, double probability) {
        return rules.stream()
                .filter(rule -> rule.applies(probability, flight))
                .findFirst()
                .map(Rule::action)
                .orElse(OTHERWISE);
    }
}
