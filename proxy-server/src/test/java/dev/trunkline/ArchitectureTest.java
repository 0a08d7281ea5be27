package dev.trunkline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** The table of allowed imports: packages in the order of a query's path, imports one way only. */
class ArchitectureTest {

    private static final String BASE = "dev.trunkline";

    /** What each package may import of ours. */
    private static final Map<String, Set<String>> ALLOWED = new LinkedHashMap<>();

    static {
        // proxy-core decides; each package sees those before it.
        allow("error");
        allow("config", "error");
        allow("value", "error");
        allow("wire", "error");
        allow("sql", "error", "value");
        allow("catalog", "error", "config", "value", "sql");
        allow("route", "error", "config", "value", "sql", "catalog");
        allow("plan", "error", "config", "value", "sql", "catalog", "route");
        allow("execute", "error", "value", "wire", "plan");
        allow("copy", "error", "value", "catalog");
        // proxy-server does; each package sees core, and those that it hands on to.
        String[] core = {"error", "config", "value", "wire", "sql", "catalog", "route", "plan", "execute",
                "copy"};
        allow("auth", core);
        allow("backend", with(core, "auth"));
        allow("pool", with(core, "auth", "backend"));
        allow("notification", with(core, "auth", "backend"));
        allow("session", with(core, "auth", "backend", "pool", "notification"));
        allow("frontend", with(core, "auth", "session"));
        allow("node", with(core, "auth", "session"));
        allow("metrics", with(core, "auth", "backend", "pool", "notification", "session", "frontend"));
        allow("admin", with(core, "auth", "backend", "pool", "session", "frontend", "metrics", "node"));
        allow("net", with(core, "auth", "backend", "pool", "session", "frontend", "metrics", "node", "admin"));
        allow("load", with(core, "node"));
        allow("demo", with(core, "net", "node", "session"));
        allow("", with(core, "net", "node", "session", "demo", "admin", "metrics", "load"));
    }

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages(BASE);

    private static void allow(String name, String... others) {
        ALLOWED.put(name, Set.of(others));
    }

    private static String[] with(String[] some, String... more) {
        List<String> all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void importsGoOneWay() {
        Set<String> wrong = new TreeSet<>();
        for (JavaClass from : CLASSES) {
            String source = topPackage(from);
            Set<String> allowed = ALLOWED.get(source);
            if (allowed == null) {
                wrong.add("package " + source + " is not in the table");
                continue;
            }
            from.getDirectDependenciesFromSelf().forEach(dependency -> {
                JavaClass target = dependency.getTargetClass();
                if (target.getPackageName().startsWith(BASE)) {
                    String to = topPackage(target);
                    if (!to.equals(source) && !allowed.contains(to)) {
                        wrong.add(source + " must not import " + to + ": " + from.getSimpleName() + " -> "
                                + target.getSimpleName());
                    }
                }
            });
        }
        Assertions.assertEquals(Set.of(), wrong);
    }

    private static String topPackage(JavaClass type) {
        String rest = type.getPackageName().substring(BASE.length());
        if (rest.isEmpty()) {
            return "";
        }
        int dot = rest.indexOf('.', 1);
        return dot < 0 ? rest.substring(1) : rest.substring(1, dot);
    }

    @Test
    void onlySqlSeesCalcite() {
        noClasses().that().resideOutsideOfPackage(BASE + ".sql..").should().dependOnClassesThat()
                .resideInAnyPackage("org.apache.calcite..").check(CLASSES);
    }

    @Test
    void coreOpensNoSocketAndStartsNoThread() {
        noClasses().that()
                .resideInAnyPackage(BASE + ".error..", BASE + ".config..", BASE + ".value..", BASE + ".wire..",
                        BASE + ".sql..", BASE + ".catalog..", BASE + ".route..", BASE + ".plan..", BASE + ".execute..",
                        BASE + ".copy..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "java.net.http..", "java.nio.channels..", "java.sql..")
                .check(CLASSES);
    }

    @Test
    void onlyTheControlPlaneUsesJdbc() {
        noClasses().that()
                .resideOutsideOfPackages(BASE + ".node..", BASE + ".demo..", BASE + ".admin..", BASE + ".load..")
                .should()
                .dependOnClassesThat().resideInAnyPackage("java.sql..", "com.zaxxer..", "org.postgresql..")
                .check(CLASSES);
    }

    @Test
    void namesSayTheThingAndNotTheKind() {
        classes().that().resideInAPackage(BASE + "..").and().areTopLevelClasses().should()
                .haveSimpleNameNotEndingWith("Manager").andShould().haveSimpleNameNotEndingWith("Helper").andShould()
                .haveSimpleNameNotEndingWith("Util").andShould().haveSimpleNameNotEndingWith("Utils").andShould()
                .haveSimpleNameNotEndingWith("Impl").andShould().haveSimpleNameNotEndingWith("Base").andShould()
                .haveSimpleNameNotEndingWith("Context").check(CLASSES.that(generated().negate()));
    }

    private static com.tngtech.archunit.base.DescribedPredicate<JavaClass> generated() {
        return com.tngtech.archunit.base.DescribedPredicate.describe("generated",
                type -> type.getPackageName().startsWith(BASE + ".sql."));
    }
}
