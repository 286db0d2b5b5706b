#include "unit/db2/drda/drda_golden.hpp"

#include <fstream>
#include <stdexcept>


namespace millrace::drda_test {

Octets from_hex(std::string_view text) {
  Octets out;
  int half = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : throw std::invalid_argument("no hexadecimal digit");
    if (half < 0) {
      half = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(half << 4 | digit));
      half = -1;
    }
  }
  if (half >= 0) throw std::invalid_argument("half a byte");
  return out;
}

std::string to_hex(drda::Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0x0F];
  }
  return out;
}

std::string Exchange::sent(std::size_t first, std::size_t count) const {
  std::string out;
  for (std::size_t i = first; i < client.size() && i - first < count; ++i) out += client[i];
  return out;
}

Exchange recorded(const std::string& name) {
  std::ifstream file((MILLRACE_TEST_DATA "/drda/" + name).append(".txt"));
  if (!file) throw std::runtime_error("no recorded exchange " + name);
  Exchange exchange;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("> ")) exchange.client.push_back(line.substr(2));
    if (line.starts_with("< ")) exchange.server.push_back(line.substr(2));
  }
  return exchange;
}

std::size_t replay(const Exchange& exchange, drda::ReplyHandler& handler, std::size_t first) {
  drda::DssDecoder decoder;
  drda::ByteOrder order = drda::ByteOrder::big;
  for (std::size_t i = first; i < exchange.server.size(); ++i) {
    decoder.feed(from_hex(exchange.server[i]));
    const std::optional<drda::Dss> dss = decoder.next();
    if (!dss) throw std::runtime_error("a recorded structure is not whole");
    drda::read_reply(*dss, order, handler);
    if (!dss->chained) return i + 1 - first;
  }
  throw std::runtime_error("a recorded chain does not end");
}

drda::Section recorded_section(std::uint16_t number) { return {drda::package_name("memory:g;create=true", "NULLID", "SYSLN200", "SYSLVL01", ' '), number}; }

}  // namespace millrace::drda_test
