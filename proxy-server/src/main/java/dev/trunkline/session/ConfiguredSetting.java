package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction.Configure;
import dev.trunkline.route.ExecuteArguments.Argument;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.ClientEncoding;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one {@code set_config} sets, its arguments being known.
 *
 * @param value null for the default
 */
record ConfiguredSetting(String name, String value, boolean local) {

    private static final int BINARY = 1;

    /** The value of a parameter, where it can be read as an argument of set_config; {@code text} is null for NULL. */
    private record Given(String text) {}

    private interface Parameters {
        /** Null where it can't be read. */
        Given get(int number, boolean truth);
    }

    /** Of calls without parameters. Null where one can't be read. */
    static List<ConfiguredSetting> of(Configure configure) {
        return of(configure, (number, truth) -> null);
    }

    /** Of calls in a statement that EXECUTE runs. */
    static List<ConfiguredSetting> of(Configure configure, List<Argument> arguments) {
        return of(configure, (number, truth) -> number > arguments.size()
                ? null
                : switch (arguments.get(number - 1)) {
                    case Argument.Text text -> new Given(new String(text.utf8(), StandardCharsets.UTF_8));
                    case Argument.Null none -> new Given(null);
                    case Argument.Binary binary -> null;
                    case Argument.Open open -> null;
                });
    }

    /** Of calls in a statement that is bound. */
    static List<ConfiguredSetting> of(Configure configure, ClientStatement statement, BindLayout layout, ByteBuf body,
            ClientEncoding encoding) {
        return of(configure, (number, truth) -> number > layout.count()
                ? null
                : bound(number - 1, truth, statement, layout, body, encoding));
    }

    /** Over several nodes nobody may set what the others don't hear of. */
    static List<ConfiguredSetting> required(List<ConfiguredSetting> settings, ServedDatabase database) {
        if (settings == null && database.nodes().size() > 1) {
            throw ProxyError.NOT_OVER_NODES.with("set_config with a parameter that is not of its argument's type",
                    "Use SET or SET LOCAL, or leave the parameters' types to PostgreSQL.");
        }
        return settings;
    }

    private static List<ConfiguredSetting> of(Configure configure, Parameters parameters) {
        List<ConfiguredSetting> settings = new ArrayList<>();
        for (Configure.Call call : configure.calls()) {
            Given name = value(call.name(), parameters, false);
            Given value = value(call.value(), parameters, false);
            Given local = value(call.local(), parameters, true);
            if (name == null || name.text == null || value == null || local == null
                    || Configure.truth(local.text) == null) {
                return null;
            }
            settings.add(new ConfiguredSetting(name.text.toLowerCase(Locale.ROOT), value.text,
                    Configure.truth(local.text)));
        }
        return settings;
    }

    private static Given value(Configure.Argument argument, Parameters parameters, boolean truth) {
        return switch (argument) {
            case Configure.Constant constant -> new Given(constant.value());
            case Configure.Parameter parameter -> parameters.get(parameter.number(), truth);
        };
    }

    /** The text that a parameter is bound to; null where it is none. */
    static String text(int number, ClientStatement statement, BindLayout layout, ByteBuf body,
            ClientEncoding encoding) {
        Given given = number > layout.count() ? null : bound(number - 1, false, statement, layout, body, encoding);
        return given == null ? null : given.text;
    }

    private static Given bound(int index, boolean truth, ClientStatement statement, BindLayout layout, ByteBuf body,
            ClientEncoding encoding) {
        int[] declared = statement.server().parameterTypes();
        int type = index < declared.length ? declared[index] : PgOid.UNSPECIFIED;
        boolean readable = PgOid.isUnspecified(type)
                || (truth ? type == PgOid.BOOL : type == PgOid.TEXT || type == PgOid.VARCHAR);
        if (!readable) {
            return null;
        }
        int length = layout.lengths()[index];
        if (length < 0) {
            return new Given(null);
        }
        int start = layout.starts()[index];
        if (truth && layout.formats()[index] == BINARY) {
            return length == 1 ? new Given(body.getByte(start) != 0 ? "t" : "f") : null;
        }
        if (encoding == null) {
            return new Given(body.toString(start, length, StandardCharsets.UTF_8));
        }
        byte[] text = new byte[length];
        body.getBytes(start, text);
        return new Given(new String(encoding.toUtf8(text, 0, length), StandardCharsets.UTF_8));
    }
}
