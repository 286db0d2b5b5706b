// Everything that parses what a DRDA server sends, driven without a socket. The first byte chooses the reply and the byte order, the second how the bytes
// arrive in pieces, the rest is the server's stream. Whatever it is: a result, or the Failure of broken bytes.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "db2/drda/login.hpp"
#include "db2/drda/reply.hpp"
#include "db2/drda/server_traits.hpp"

using namespace millrace::drda;

namespace {

constexpr std::size_t kArrayRows = 3;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void touch(const std::vector<ResultCell>& cells) {
  std::size_t bytes = 0;
  for (const ResultCell& cell : cells) {
    try {
      bytes += cell.as_text().size() + cell.as_bytes().size() + static_cast<std::size_t>(cell.as_integer() & 1) + (cell.as_number() > 0 ? 1 : 0);
    } catch (const Failure& failure) {
      require(failure.sqlca().state == "07006" || failure.sqlca().state == "58009", "a cell's failure");
    }
  }
  require(bytes < std::size_t{1} << 40, "a cell's size");
}

/// Hands out structures as they become whole, until the stream's end.
class Stream {
 public:
  Stream(Bytes bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}

  bool read(ReplyHandler& handler, ByteOrder& order) {
    for (;;) {
      if (const std::optional<Dss> dss = decoder_.next()) {
        read_reply(*dss, order, handler);
        return true;
      }
      if (bytes_.empty()) return false;
      const std::size_t size = std::min(piece_, bytes_.size());
      decoder_.feed(bytes_.first(size));
      bytes_ = bytes_.subspan(size);
    }
  }

 private:
  Bytes bytes_;
  std::size_t piece_;
  DssDecoder decoder_;
};

void read_login(Stream& stream, ByteOrder order) {
  ConnectOptions options;
  options.host = "host";
  options.database = "database";
  LoginReply reply;
  while (stream.read(reply, order)) {
  }
  reply.check_attributes(options);
  reply.check_access(options);
}

void read_command(Stream& stream, ByteOrder order, const ServerTraits& traits) {
  CommandReply reply(traits);
  while (stream.read(reply, order)) {
  }
  const Sqlca sqlca = reply.sqlca();
  readable_tokens(sqlca.message, traits.token_separator);
}

void read_array(Stream& stream, ByteOrder order, const ServerTraits& traits) {
  ArrayReply reply(traits, kArrayRows);
  while (stream.read(reply, order)) {
  }
  const auto answered = std::count_if(reply.sqlcas().begin(), reply.sqlcas().end(), [](const std::optional<Sqlca>& sqlca) { return sqlca.has_value(); });
  require(reply.complete() == (answered == kArrayRows), "a complete array");
}

void read_cursor(Stream& stream, ByteOrder order, const ServerTraits& traits) {
  CursorReply reply(traits);
  bool more = stream.read(reply, order);
  while (more) {
    if (reply.opened() && reply.next_row(order)) {
      touch(reply.cells());
      continue;
    }
    more = stream.read(reply, order);
  }
}

void read_call(Stream& stream, ByteOrder order, const ServerTraits& traits) {
  CallReply reply(traits);
  while (stream.read(reply, order)) {
  }
  if (const std::vector<ResultCell>* const values = reply.values(order)) touch(*values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Stream stream({data + 2, size - 2}, 1u + data[1]);
  const ByteOrder order = (data[0] & 0x80) != 0 ? ByteOrder::little : ByteOrder::big;
  const ServerTraits& traits = traits_of((data[0] & 0x40) != 0 ? "QDB2/LINUXX8664" : "Apache Derby");
  try {
    switch (data[0] & 0x07) {
      case 0: read_login(stream, order); break;
      case 1: read_command(stream, order, traits); break;
      case 2: read_array(stream, order, traits); break;
      case 3: read_cursor(stream, order, traits); break;
      default: read_call(stream, order, traits);
    }
  } catch (const Failure& failure) {
    require(!failure.sqlca().state.empty() && !failure.sqlca().message.empty(), "a failure without state or message");
  }
  return 0;
}
