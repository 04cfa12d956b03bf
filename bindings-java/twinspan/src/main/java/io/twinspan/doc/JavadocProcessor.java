package io.twinspan.doc;

import io.twinspan.internal.codec.Docs;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;
import javax.tools.Diagnostic;
import javax.tools.StandardLocation;

/**
 * An annotation processor that writes the Javadoc of types, of their public methods and of their
 * fields into resources beside the classes, where a node finds it when it describes what it serves.
 *
 * <p>It is asked for by name: {@code javac -processor io.twinspan.doc.JavadocProcessor}. It isn't
 * found by itself, because any processor that is makes {@code -Xlint:processing} complain about
 * annotations that none claims. {@code -Atwinspan.doc=com.shop.api,com.shop.types} leaves it to
 * these packages. It claims no annotation, makes no source, and fails no build.
 */
public final class JavadocProcessor extends AbstractProcessor {
    private static final String PACKAGES = "twinspan.doc";

    /** Made by javac. */
    public JavadocProcessor() {}

    @Override
    public Set<String> getSupportedAnnotationTypes() {
        return Set.of("*");
    }

    @Override
    public Set<String> getSupportedOptions() {
        return Set.of(PACKAGES);
    }

    @Override
    public SourceVersion getSupportedSourceVersion() {
        return SourceVersion.latestSupported();
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        ElementFilter.typesIn(round.getRootElements()).forEach(this::visit);
        return false;
    }

    private void visit(TypeElement type) {
        if (type.getModifiers().contains(Modifier.PRIVATE) || !isWanted(type)) {
            return;
        }
        Map<String, String> told = new LinkedHashMap<>();
        JavadocText own = JavadocText.of(comment(type));
        put(told, "class", own.description());
        own.parameters().forEach((name, text) -> put(told, "field." + name, text));
        for (VariableElement field : ElementFilter.fieldsIn(type.getEnclosedElements())) {
            if (!field.getModifiers().contains(Modifier.STATIC)) {
                String text = JavadocText.of(comment(field)).description();
                put(told, "field." + field.getSimpleName(), text);
            }
        }
        for (ExecutableElement method : ElementFilter.methodsIn(type.getEnclosedElements())) {
            if (method.getModifiers().contains(Modifier.PUBLIC)) {
                put(told, key(method), JavadocText.of(comment(method)).whole());
            }
        }
        if (!told.isEmpty()) {
            write(type, told);
        }
        ElementFilter.typesIn(type.getEnclosedElements()).forEach(this::visit);
    }

    private boolean isWanted(TypeElement type) {
        String packages = processingEnv.getOptions().get(PACKAGES);
        if (packages == null || packages.isBlank()) {
            return true;
        }
        String name = type.getQualifiedName().toString();
        return List.of(packages.split(",")).stream()
                .anyMatch(wanted -> name.startsWith(wanted.strip() + "."));
    }

    private String comment(Element element) {
        String comment = processingEnv.getElementUtils().getDocComment(element);
        return comment == null ? "" : comment;
    }

    private static void put(Map<String, String> told, String key, String text) {
        if (!text.isEmpty()) {
            told.put(key, text);
        }
    }

    private String key(ExecutableElement method) {
        List<String> parameters = new ArrayList<>();
        for (VariableElement parameter : method.getParameters()) {
            parameters.add(name(processingEnv.getTypeUtils().erasure(parameter.asType())));
        }
        return Docs.key(method.getSimpleName().toString(), parameters);
    }

    /** As {@link Class#getTypeName} writes it. */
    private String name(TypeMirror erased) {
        if (erased instanceof ArrayType array) {
            return name(array.getComponentType()) + "[]";
        }
        return erased instanceof DeclaredType declared
                        && declared.asElement() instanceof TypeElement type
                ? processingEnv.getElementUtils().getBinaryName(type).toString()
                : erased.toString();
    }

    private void write(TypeElement type, Map<String, String> told) {
        String name = processingEnv.getElementUtils().getBinaryName(type).toString();
        String path = Docs.FOLDER + name + ".properties";
        try (Writer out =
                new java.io.OutputStreamWriter(
                        processingEnv
                                .getFiler()
                                .createResource(StandardLocation.CLASS_OUTPUT, "", path, type)
                                .openOutputStream(),
                        StandardCharsets.UTF_8)) {
            for (Map.Entry<String, String> entry : told.entrySet()) {
                out.write(entry.getKey() + "=" + escaped(entry.getValue()) + "\n");
            }
        } catch (IOException e) {
            // Documentation is no reason to fail a build.
            processingEnv
                    .getMessager()
                    .printMessage(
                            Diagnostic.Kind.NOTE,
                            "the Javadoc of " + name + " is not kept: " + e.getMessage());
        }
    }

    /** As {@link java.util.Properties} reads it. */
    private static String escaped(String text) {
        return (text.startsWith(" ") ? "\\" : "")
                + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "");
    }
}
