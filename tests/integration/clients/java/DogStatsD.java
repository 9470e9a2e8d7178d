import com.timgroup.statsd.Event;
import com.timgroup.statsd.NonBlockingStatsDClientBuilder;
import com.timgroup.statsd.ServiceCheck;
import com.timgroup.statsd.StatsDClient;

/**
 * Sends the known mixture (../README.md) with java-dogstatsd-client, unchanged and with its default settings:
 * aggregating, with telemetry and origin fields. Then it ends.
 *
 * usage: DogStatsD TRANSPORT ADDRESS PREFIX SECONDS
 */
public final class DogStatsD {
  private static final String[] TAGS = {"region:eu", "stadt:köln"};

  private static StatsDClient client(String transport, String address) {
    NonBlockingStatsDClientBuilder builder = new NonBlockingStatsDClientBuilder();
    if (transport.equals("udp")) {
      String[] parts = address.split(":");
      builder.hostname(parts[0]).port(Integer.parseInt(parts[1]));
    } else {
      // By default it drops what a busy machine does not take within 100 ms.
      builder.address(transport + "://" + address).timeout(10_000);
    }
    return builder.build();
  }

  public static void main(String[] arguments) throws InterruptedException {
    StatsDClient client = client(arguments[0], arguments[1]);
    String prefix = arguments[2];
    long end = System.nanoTime() + 1_000_000_000L * Long.parseLong(arguments[3]);
    long rounds = 0;
    double gauge = 0;
    while (System.nanoTime() < end) {
      for (int i = 0; i < 10; ++i) {
        client.incrementCounter(prefix + ".requests", TAGS);
        client.incrementCounter(prefix + ".sampled", 0.5, TAGS);
      }
      client.count(prefix + ".bytes", 250, TAGS);
      gauge = rounds + 0.5;
      client.gauge(prefix + ".depth", gauge, TAGS);
      for (int i = 1; i <= 5; ++i) {
        client.recordExecutionTime(prefix + ".latency", i, TAGS);
        client.recordHistogramValue(prefix + ".size", i * 10, TAGS);
        client.recordDistributionValue(prefix + ".cost", i * 100, TAGS);
      }
      client.recordSetValue(prefix + ".users", "user-" + rounds % 20, TAGS);
      ++rounds;
      Thread.sleep(10);
    }
    client.recordEvent(
        Event.builder()
            .withTitle(prefix + " größer | zweimal")
            .withText("line one\nline two")
            .withAlertType(Event.AlertType.WARNING)
            .build(),
        TAGS);
    client.recordServiceCheckRun(
        ServiceCheck.builder()
            .withName(prefix + ".up")
            .withStatus(ServiceCheck.Status.WARNING)
            .withMessage("slow: größer\nthan usual")
            .withTags(TAGS)
            .build());
    Thread.sleep(5000); // close() forgets what is aggregated and not flushed yet: up to 2 s of it
    client.close();
    System.out.println(
        "{\"rounds\":" + rounds + ",\"last_gauge\":" + gauge + ",\"kinds\":[\"counter\",\"sampled\",\"gauge\","
            + "\"timer\",\"histogram\",\"distribution\",\"set\",\"event\",\"check\"]}");
  }
}
