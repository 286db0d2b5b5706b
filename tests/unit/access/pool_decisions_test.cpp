#include "access/pool/decisions.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace::pooling;
using namespace std::chrono_literals;

TEST_CASE("one connection is opened for each waiter that nothing is on its way to") {
  const Limits limits{.min = 0, .max = 10};
  CHECK(connections_to_open({.open = 0, .waiting = 0}, limits) == 0);
  CHECK(connections_to_open({.open = 0, .waiting = 3}, limits) == 3);
  CHECK(connections_to_open({.open = 2, .opening = 2, .waiting = 3}, limits) == 1);
  CHECK(connections_to_open({.open = 3, .opening = 2, .checking = 1, .waiting = 3}, limits) == 0);
  CHECK(connections_to_open({.open = 4, .opening = 4, .waiting = 3}, limits) == 0);
}

TEST_CASE("closing connections count against the maximum") {
  const Limits limits{.min = 0, .max = 4};
  CHECK(connections_to_open({.open = 4, .closing = 4, .waiting = 3}, limits) == 0);
  CHECK(connections_to_open({.open = 3, .closing = 3, .waiting = 3}, limits) == 1);
  CHECK(connections_to_open({.open = 5, .waiting = 3}, limits) == 0);
}

TEST_CASE("min is filled up, and a closing connection is none of it") {
  const Limits limits{.min = 3, .max = 10};
  CHECK(connections_to_open({.open = 0}, limits) == 3);
  CHECK(connections_to_open({.open = 3}, limits) == 0);
  CHECK(connections_to_open({.open = 3, .closing = 2}, limits) == 2);
  CHECK(connections_to_open({.open = 1, .opening = 1}, limits) == 2);
  CHECK(connections_to_open({.open = 0, .waiting = 5}, limits) == 5);
  CHECK(connections_to_open({.open = 0, .waiting = 1}, limits) == 3);
}

TEST_CASE("one attempt at a time finds out whether a doubtful server is back") {
  const Limits limits{.min = 3, .max = 10, .one_at_a_time = true};
  CHECK(connections_to_open({.open = 0, .waiting = 8}, limits) == 1);
  CHECK(connections_to_open({.open = 1, .opening = 1, .waiting = 8}, limits) == 0);
  CHECK(connections_to_open({.open = 10, .closing = 10, .waiting = 8}, limits) == 0);
}

TEST_CASE("an attempt that stalls does not count as one that is on its way, but as a connection") {
  const Limits limits{.min = 0, .max = 3, .one_at_a_time = true};
  CHECK(connections_to_open({.open = 1, .opening = 1, .stalled = 1, .waiting = 8}, limits) == 1);
  CHECK(connections_to_open({.open = 2, .opening = 2, .stalled = 1, .waiting = 8}, limits) == 0);
  CHECK(connections_to_open({.open = 3, .opening = 3, .stalled = 3, .waiting = 8}, limits) == 0);
  CHECK(connections_to_open({.open = 1, .opening = 1, .stalled = 1, .waiting = 1}, Limits{.max = 3}) == 1);
}

TEST_CASE("nothing is opened before the delay after a failure is over") {
  CHECK(connections_to_open({.waiting = 8}, {.min = 0, .max = 10, .may_serve = false}) == 0);
  CHECK(connections_to_open({.waiting = 8}, {.min = 2, .max = 10, .may_serve = true, .may_refill = false}) == 8);
  CHECK(connections_to_open({.waiting = 0}, {.min = 2, .max = 10, .may_serve = true, .may_refill = false}) == 0);
}

TEST_CASE("the delay between attempts to connect doubles up to its maximum, and varies by half") {
  CHECK(reconnect_delay(1, 50ms, 1000ms, 0.0) == 25ms);
  CHECK(reconnect_delay(1, 50ms, 1000ms, 1.0) == 50ms);
  CHECK(reconnect_delay(2, 50ms, 1000ms, 1.0) == 100ms);
  CHECK(reconnect_delay(5, 50ms, 1000ms, 1.0) == 800ms);
  CHECK(reconnect_delay(6, 50ms, 1000ms, 1.0) == 1000ms);
  CHECK(reconnect_delay(2000000000, 50ms, 1000ms, 1.0) == 1000ms);
  CHECK(reconnect_delay(7, 50ms, 1000ms, 0.0) == 500ms);
}

TEST_CASE("jitter shortens a limit, and never stays never") {
  CHECK(jittered(1000ms, 0.0, 0.9) == 1000ms);
  CHECK(jittered(1000ms, 0.1, 0.0) == 1000ms);
  CHECK(jittered(1000ms, 0.1, 1.0) == 900ms);
  CHECK(end_of(TimePoint(5s), jittered(0ms, 0.1, 0.5)) == TimePoint::max());
  CHECK(end_of(TimePoint(5s), 2s) == TimePoint(7s));
}
