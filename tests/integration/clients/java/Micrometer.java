import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.statsd.StatsdConfig;
import io.micrometer.statsd.StatsdMeterRegistry;
import io.micrometer.statsd.StatsdProtocol;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sends what Micrometer has of the known mixture (../README.md) with its StatsD registry and its default settings: the
 * Datadog flavour, buffered, gauges every 10 s. Then it ends.
 *
 * usage: Micrometer TRANSPORT ADDRESS PREFIX SECONDS
 */
public final class Micrometer {
  private static final Tags TAGS = Tags.of("region", "eu", "stadt", "köln");

  private static StatsdConfig config(String transport, String address) {
    boolean isUnix = transport.equals("unixgram");
    Map<String, String> settings =
        Map.of(
            "statsd.protocol", isUnix ? StatsdProtocol.UDS_DATAGRAM.name() : transport.toUpperCase(),
            "statsd.host", isUnix ? address : address.split(":")[0],
            "statsd.port", isUnix ? "0" : address.split(":")[1]);
    return settings::get;
  }

  public static void main(String[] arguments) throws InterruptedException {
    StatsdMeterRegistry registry = new StatsdMeterRegistry(config(arguments[0], arguments[1]), Clock.SYSTEM);
    String prefix = arguments[2];
    Counter requests = registry.counter(prefix + ".requests", TAGS);
    Counter bytes = registry.counter(prefix + ".bytes", TAGS);
    AtomicReference<Double> gauge = new AtomicReference<>(0.5);
    registry.gauge(prefix + ".depth", TAGS, gauge, AtomicReference::get);
    Timer latency = registry.timer(prefix + ".latency", TAGS);
    DistributionSummary size = registry.summary(prefix + ".size", TAGS);
    Thread.sleep(5000); // what is sent before it is connected is lost

    long end = System.nanoTime() + 1_000_000_000L * Long.parseLong(arguments[3]);
    long rounds = 0;
    while (System.nanoTime() < end) {
      for (int i = 0; i < 10; ++i) requests.increment();
      bytes.increment(250);
      for (int i = 1; i <= 5; ++i) {
        latency.record(i, TimeUnit.MILLISECONDS);
        size.record(i * 10);
      }
      ++rounds;
      Thread.sleep(10);
    }
    Thread.sleep(2000); // and so is what close() finds in its buffer
    registry.close();
    System.out.println(
        "{\"rounds\":" + rounds + ",\"last_gauge\":" + gauge.get() + ",\"kinds\":[\"counter\",\"gauge\",\"timer\","
            + "\"histogram\"]}");
    System.exit(0); // its event loops have threads that go on
  }
}
