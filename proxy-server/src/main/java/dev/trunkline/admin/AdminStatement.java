package dev.trunkline.admin;

import java.util.List;

/** What the admin database understands. */
sealed interface AdminStatement {

    record Empty() implements AdminStatement {}

    /** SHOW of one of the views; {@code database} limits it to one, null for all. */
    record Show(View view, String database) implements AdminStatement {}

    /** SHOW of a setting, as drivers ask for it. */
    record ShowSetting(String name) implements AdminStatement {}

    record SetLogLevel(String level) implements AdminStatement {}

    /** SET of anything else: remembered and without effect. {@code value} is null for DEFAULT. */
    record SetSetting(String name, String value) implements AdminStatement {}

    /** A list of constants and of functions that drivers call. */
    record Select(List<Item> items) implements AdminStatement {

        /** {@code function} is null for the constant {@code value}. */
        record Item(String name, Column.Type type, String function, Object value) {}
    }

    enum Step {
        BEGIN,
        COMMIT,
        ROLLBACK,
        /** SAVEPOINT and RELEASE: nothing here can be undone, so there is nothing to remember. */
        SAVEPOINT,
        ROLLBACK_TO
    }

    /** Transaction control. */
    record Transaction(Step step, String tag) implements AdminStatement {}

    /** DEALLOCATE, DISCARD, CLOSE and the like: answered with the tag alone. {@code name} is null for ALL. */
    record Forget(String tag, String name) implements AdminStatement {}

    /** {@code database} is null for all, here and below. */
    record Pause(String database) implements AdminStatement {}

    record Resume(String database) implements AdminStatement {}

    record Reconnect(String database) implements AdminStatement {}

    record WaitClose(String database) implements AdminStatement {}

    /** {@code client} is what SHOW CLIENTS calls id. */
    record Kill(int client) implements AdminStatement {}

    /** Ends all clients of a database; unlike the others it is never for all. */
    record KillDatabase(String database) implements AdminStatement {}

    record Reload() implements AdminStatement {}
}
