import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.Window;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/**
 * Asks Kafka Streams: builds a topology for each case on standard input, in a TopologyTestDriver of its own, and prints
 * what it emitted after which row. One process answers thousands of cases. Stores are in memory, without a cache.
 *
 * <pre>
 * in    case OPERATOR LENGTH…        tumbling SIZE GRACE | hopping SIZE ADVANCE GRACE | session GAP GRACE
 *                                    sliding DIFFERENCE GRACE | join-KIND WITHIN GRACE
 *                                    stream-table-KIND | table-table-KIND                        lengths in ms
 *       SIDE KEY TIME VALUE          l or r; a value "-" deletes; rows count from 0
 *       end
 * out   SEQ update KEY START END COUNT SUM TIME        what a window is now, "-" if it is no more
 *       SEQ final KEY START END COUNT SUM TIME         suppress(untilWindowCloses)
 *       SEQ pair KEY LEFT RIGHT TIME                   "-" for no partner; two of them for a deletion
 *       SEQ dropped N                                  windows or rows that refused it
 *       end
 * </pre>
 */
public final class KafkaStreamsAnswers {
  private static final String NONE = "-";

  private final PrintWriter out;
  private final Properties config = new Properties();
  private int seq;

  private KafkaStreamsAnswers(PrintWriter out, String stateDir) {
    this.out = out;
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "soak");
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(
        StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
        BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
    // Otherwise rows without a partner come out at most once a second by the wall clock, which stands still here.
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintWriter out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));
    KafkaStreamsAnswers answers = new KafkaStreamsAnswers(out, args[0]);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      answers.answer(line.split(" "), in);
      out.println("end");
      out.flush();
    }
  }

  private void answer(String[] words, BufferedReader in) throws IOException {
    StreamsBuilder builder = new StreamsBuilder();
    build(builder, words);
    try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config, Instant.EPOCH)) {
      Metric dropped = metric(driver, "dropped-records-total");
      double before = 0;
      seq = 0;
      TestInputTopic<String, String> left = input(driver, "l");
      TestInputTopic<String, String> right = words[1].contains("-") ? input(driver, "r") : null;
      for (String line = in.readLine(); !line.equals("end"); line = in.readLine(), seq++) {
        String[] row = line.split(" ");
        TestInputTopic<String, String> side = row[0].equals("l") ? left : right;
        side.pipeInput(row[1], row[3].equals(NONE) ? null : row[3], Long.parseLong(row[2]));
        double now = (Double) dropped.metricValue();
        if (now > before) out.println(seq + " dropped " + (long) (now - before));
        before = now;
      }
    }
  }

  private static TestInputTopic<String, String> input(TopologyTestDriver driver, String topic) {
    return driver.createInputTopic(topic, new StringSerializer(), new StringSerializer());
  }

  private static Metric metric(TopologyTestDriver driver, String name) {
    return driver.metrics().entrySet().stream()
        .filter(each -> each.getKey().name().equals(name))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private void build(StreamsBuilder builder, String[] words) {
    String operator = words[1];
    if (operator.startsWith("join-")) joinStreams(builder, operator, ms(words[2]), ms(words[3]));
    else if (operator.startsWith("stream-table-")) joinTable(builder, operator);
    else if (operator.startsWith("table-table-")) joinTables(builder, operator);
    else {
      KStream<String, String> rows = builder.stream("l");
      KTable<Windowed<String>, String> table =
          fold(rows.groupByKey(Grouped.with(Serdes.String(), Serdes.String())), words);
      table.toStream().process(() -> each(record -> window("update", record)));
      table
          .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
          .toStream()
          .process(() -> each(record -> window("final", record)));
    }
  }

  private static KTable<Windowed<String>, String> fold(KGroupedStream<String, String> rows, String[] words) {
    Duration length = ms(words[2]);
    Duration grace = ms(words[words.length - 1]);
    return switch (words[1]) {
      case "tumbling" ->
          rows.windowedBy(TimeWindows.ofSizeAndGrace(length, grace))
              .aggregate(() -> "0 0", KafkaStreamsAnswers::add, text());
      case "hopping" ->
          rows.windowedBy(TimeWindows.ofSizeAndGrace(length, grace).advanceBy(ms(words[3])))
              .aggregate(() -> "0 0", KafkaStreamsAnswers::add, text());
      case "sliding" ->
          rows.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(length, grace))
              .aggregate(() -> "0 0", KafkaStreamsAnswers::add, text());
      case "session" ->
          rows.windowedBy(SessionWindows.ofInactivityGapAndGrace(length, grace))
              .aggregate(() -> "0 0", KafkaStreamsAnswers::add, KafkaStreamsAnswers::merge, text());
      default -> throw new IllegalArgumentException("no operator " + words[1]);
    };
  }

  private static <S extends StateStore> Materialized<String, String, S> text() {
    return Materialized.with(Serdes.String(), Serdes.String());
  }

  /** Count and sum as text: what is folded is not what is tested. */
  private static String add(String key, String value, String state) {
    return merge(key, state, "1 " + value);
  }

  private static String merge(String key, String one, String two) {
    String[] a = one.split(" ");
    String[] b = two.split(" ");
    return (Long.parseLong(a[0]) + Long.parseLong(b[0])) + " " + (Long.parseLong(a[1]) + Long.parseLong(b[1]));
  }

  private void joinStreams(StreamsBuilder builder, String kind, Duration within, Duration grace) {
    KStream<String, String> left = builder.stream("l");
    KStream<String, String> right = builder.stream("r");
    JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(within, grace);
    ValueJoiner<String, String, String> pair = KafkaStreamsAnswers::pair;
    KStream<String, String> pairs =
        switch (kind) {
          case "join-inner" -> left.join(right, pair, windows);
          case "join-left" -> left.leftJoin(right, pair, windows);
          case "join-outer" -> left.outerJoin(right, pair, windows);
          default -> throw new IllegalArgumentException("no operator " + kind);
        };
    pairs.process(() -> each(this::pairOf));
  }

  private void joinTable(StreamsBuilder builder, String kind) {
    KStream<String, String> left = builder.stream("l");
    KTable<String, String> right = builder.table("r");
    ValueJoiner<String, String, String> pair = KafkaStreamsAnswers::pair;
    KStream<String, String> pairs =
        switch (kind) {
          case "stream-table-inner" -> left.join(right, pair);
          case "stream-table-left" -> left.leftJoin(right, pair);
          default -> throw new IllegalArgumentException("no operator " + kind);
        };
    pairs.process(() -> each(this::pairOf));
  }

  private void joinTables(StreamsBuilder builder, String kind) {
    KTable<String, String> left = builder.table("l");
    KTable<String, String> right = builder.table("r");
    ValueJoiner<String, String, String> pair = KafkaStreamsAnswers::pair;
    KTable<String, String> pairs =
        switch (kind) {
          case "table-table-inner" -> left.join(right, pair);
          case "table-table-left" -> left.leftJoin(right, pair);
          case "table-table-outer" -> left.outerJoin(right, pair);
          default -> throw new IllegalArgumentException("no operator " + kind);
        };
    pairs.toStream().process(() -> each(this::pairOf));
  }

  private static String pair(String left, String right) {
    return (left == null ? NONE : left) + " " + (right == null ? NONE : right);
  }

  private void window(String kind, Record<Windowed<String>, String> record) {
    String value = record.value() == null ? NONE + " " + NONE : record.value();
    String key = record.key().key();
    Window window = record.key().window();
    String bounds = window.start() + " " + window.end();
    out.println(String.join(" ", seq + "", kind, key, bounds, value, record.timestamp() + ""));
  }

  private void pairOf(Record<String, String> record) {
    String value = record.value() == null ? pair(null, null) : record.value();
    out.println(seq + " pair " + record.key() + " " + value + " " + record.timestamp());
  }

  /** The end of a topology, which sees what arrives there. */
  private static <K, V> ContextualProcessor<K, V, Void, Void> each(Consumer<Record<K, V>> seen) {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<K, V> record) {
        seen.accept(record);
      }
    };
  }

  private static Duration ms(String text) {
    return Duration.ofMillis(Long.parseLong(text));
  }
}
