// Rows through Derby's own JDBC client: the peer of the Db2 backend. Eight columns, about 228 bytes a row, one transaction a round.
//
//     tests/bench/jdbc_batch.sh JDBC_URL ROWS      # compiles and starts it
//
// Every line of the input runs one round, so that a caller can take turns with other contenders while this JVM stays warm: "batch" by executeBatch() of
// 1,000 rows, "row" by one executeUpdate() a row. Prints a line a round: the way, and rows per second, from the first row to the commit.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;

public class JdbcBatch {
  private static final int BATCH = 1000;

  public static void main(String[] arguments) throws SQLException, IOException {
    if (arguments.length != 2) {
      System.err.println("usage: JdbcBatch JDBC_URL ROWS");
      System.exit(64);
    }
    Row[] rows = new Row[Integer.parseInt(arguments[1])];
    for (int i = 0; i < rows.length; ++i) rows[i] = new Row(i);
    try (Connection connection = DriverManager.getConnection(arguments[0])) {
      createTable(connection);
      connection.setAutoCommit(false);
      BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
      for (String way; (way = input.readLine()) != null;) {
        if (!way.equals("batch") && !way.equals("row")) throw new IllegalArgumentException("neither batch nor row: " + way);
        System.out.printf("%s %.0f%n", way, round(connection, rows, way.equals("batch")));
        System.out.flush();
      }
    }
  }

  private static void createTable(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try {
        statement.executeUpdate("DROP TABLE jdbc_rows");
      } catch (SQLException missing) {
        if (!missing.getSQLState().startsWith("42")) throw missing;
      }
      statement.executeUpdate("CREATE TABLE jdbc_rows (id INTEGER NOT NULL PRIMARY KEY, account BIGINT, name VARCHAR(60), amount DECIMAL(15,2), day DATE,"
          + " stamp TIMESTAMP, note VARCHAR(200), score DOUBLE)");
    }
  }

  /** Rows per second. */
  private static double round(Connection connection, Row[] rows, boolean batch) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("TRUNCATE TABLE jdbc_rows");
    }
    connection.commit();
    long began = System.nanoTime();
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO jdbc_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (int i = 0; i < rows.length; ++i) {
        rows[i].bind(insert);
        if (!batch) {
          insert.executeUpdate();
          continue;
        }
        insert.addBatch();
        if ((i + 1) % BATCH == 0 || i + 1 == rows.length) insert.executeBatch();
      }
    }
    connection.commit();
    double seconds = (System.nanoTime() - began) / 1e9;
    try (Statement statement = connection.createStatement(); ResultSet count = statement.executeQuery("SELECT COUNT(*) FROM jdbc_rows")) {
      count.next();
      if (count.getInt(1) != rows.length) throw new IllegalStateException(count.getInt(1) + " rows of " + rows.length + " arrived");
    }
    connection.commit();
    return rows.length / seconds;
  }

  /** Made before the rounds, as the other contenders' batches are. */
  private static final class Row {
    private final int id;
    private final long account;
    private final String name;
    private final BigDecimal amount;
    private final Date day;
    private final Timestamp stamp;
    private final String note;
    private final double score;

    Row(int number) {
      int month = 1 + number % 12;
      int dayOfMonth = 1 + number % 28;
      String date = "2024-" + (month < 10 ? "0" : "") + month + (dayOfMonth < 10 ? "-0" : "-") + dayOfMonth;
      String digits = Integer.toString(number);
      id = number;
      account = number * 7919L + 1_000_000_000L;
      name = "customer \"" + digits + "\", of the northern branch";
      amount = BigDecimal.valueOf(number % 1_000_000 * 100L + number % 100, 2);
      day = Date.valueOf(date);
      stamp = Timestamp.valueOf(date + " 12:34:56.789012");
      note = digits + " ".repeat(120 - digits.length());
      score = number / 7.0;
    }

    void bind(PreparedStatement insert) throws SQLException {
      insert.setInt(1, id);
      insert.setLong(2, account);
      insert.setString(3, name);
      insert.setBigDecimal(4, amount);
      insert.setDate(5, day);
      insert.setTimestamp(6, stamp);
      insert.setString(7, note);
      insert.setDouble(8, score);
    }
  }
}
