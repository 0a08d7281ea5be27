package dev.trunkline.admin;

import dev.trunkline.frontend.AdminAccess;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The admin database {@code trunkline}: opens a session for each of its clients. Thread-safe. */
public final class AdminDatabase implements AdminAccess {

    private final Rows rows;
    private final Commands commands;
    private final Period period;

    public AdminDatabase(Served served, Reload reload) {
        Loops loops = new Loops(served.workers());
        this.period = new Period(served::totals, System::nanoTime);
        this.rows = new Rows(served, loops, period);
        this.commands = new Commands(served, loops, reload);
    }

    /** Has the minute that SHOW STATS has averages of begin anew, each minute, on this executor. */
    public void keepTime(ScheduledExecutorService executor) {
        executor.scheduleAtFixedRate(period::turn, Period.SECONDS, Period.SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public ClientSession open(Visitor visitor, ClientInput input, ClientOutput out) {
        return new AdminSession(visitor, new Execution(visitor, rows, commands), input, out);
    }
}
