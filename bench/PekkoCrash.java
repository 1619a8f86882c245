import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.SynchronousQueue;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Pekko typed's restart: from a throw in a message's handler to the handling of the next message, which waits already.
 * Usage: java -cp LIBS PekkoCrash.java CRASHES; prints a JSON array of microseconds.
 */
public final class PekkoCrash {
  private static final SynchronousQueue<Long> handledNanos = new SynchronousQueue<>();
  private static volatile long thrownNanos;

  public static void main(String[] arguments) throws Exception {
    int crashes = Integer.parseInt(arguments[0]);
    int warmUp = crashes;
    Behavior<String> crashing = Behaviors.setup(context -> Behaviors.receiveMessage(PekkoCrash::handle));
    Behavior<String> supervised = Behaviors.supervise(crashing)
        .onFailure(RuntimeException.class, SupervisorStrategy.restart().withLoggingEnabled(false));
    ActorSystem<String> system = ActorSystem.create(supervised, "bench");
    StringJoiner times = new StringJoiner(",", "[", "]");
    for (int crash = 0; crash < warmUp + crashes; crash++) {
      system.tell("crash");
      system.tell("next");
      long nanos = handledNanos.take() - thrownNanos;
      if (crash >= warmUp) times.add(String.format(Locale.ROOT, "%.1f", nanos / 1000.0));
    }
    System.out.println(times);
    system.terminate();
  }

  private static Behavior<String> handle(String message) throws InterruptedException {
    if (message.equals("crash")) {
      thrownNanos = System.nanoTime();
      throw new IllegalStateException("crashed by the bench");
    }
    handledNanos.put(System.nanoTime());
    return Behaviors.same();
  }
}
