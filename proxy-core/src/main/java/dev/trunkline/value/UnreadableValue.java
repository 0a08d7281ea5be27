package dev.trunkline.value;

/**
 * A value's bytes are none that we read: malformed, out of the type's range, or spelled in a way that depends on a setting.
 * Carries no stack trace, since clients may cause it at will.
 */
public final class UnreadableValue extends Exception {

    private static final long serialVersionUID = 1;

    public UnreadableValue(String why) {
        super(why, null, false, false);
    }
}
