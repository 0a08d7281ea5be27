package dev.trunkline.admin;

/** Which build this is. */
final class Version {

    static final String TEXT = text();

    private Version() {}

    private static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return "Trunkline " + (version == null ? "(not packaged)" : version);
    }
}
