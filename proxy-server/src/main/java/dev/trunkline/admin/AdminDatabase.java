package dev.trunkline.admin;

import dev.trunkline.frontend.AdminAccess;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;

/** The admin database {@code trunkline}: opens a session for each of its clients. Thread-safe. */
public final class AdminDatabase implements AdminAccess {

    private final Rows rows;
    private final Commands commands;

    public AdminDatabase(Served served, Reload reload) {
        Loops loops = new Loops(served.workers());
        this.rows = new Rows(served, loops);
        this.commands = new Commands(served, loops, reload);
    }

    @Override
    public ClientSession open(Visitor visitor, ClientInput input, ClientOutput out) {
        return new AdminSession(visitor, new Execution(visitor, rows, commands), input, out);
    }
}
