// A syntax check of JSON (RFC 8259): one pass, no recursion, no allocation.

#include <bitset>

#include "data/decode_text.hpp"
#include "data/scan.hpp"

namespace millrace {
namespace {

using enum DecodeStatus;

constexpr std::size_t kMaxDepth = 1000;  // the limit of SQLite; PostgreSQL's depends on its stack

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  DecodeStatus check() {
    for (;;) {
      // A value is due; opening a container leads to its first value at once.
      skip_blanks();
      if (done()) return invalid_syntax;
      if (*at_ == '{' || *at_ == '[') {
        if (depth_ == kMaxDepth) return out_of_range;
        const bool object = *at_++ == '{';
        in_object_[depth_++] = object;
        skip_blanks();
        if (!take(object ? '}' : ']')) {
          if (object && !take_key()) return invalid_syntax;
          continue;
        }
        --depth_;
      } else if (!take_scalar()) {
        return invalid_syntax;
      }
      if (!close_containers()) return invalid_syntax;
      if (depth_ == 0) return done() ? ok : invalid_syntax;
    }
  }

 private:
  bool done() const { return at_ == end_; }
  void skip_blanks() {
    while (!done() && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    if (done() || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  bool take_digits() {
    const char* const from = at_;
    while (!done() && is_digit(*at_)) ++at_;
    return at_ != from;
  }

  bool take_number() {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return take_digits();
  }

  bool take_escape() {
    if (done()) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (done() || hex_digit(*at_++) < 0) return false;
    }
    return true;
  }

  bool take_string() {
    if (!take('"')) return false;
    while (!done()) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !take_escape()) return false;
    }
    return false;
  }

  bool take_scalar() {
    switch (*at_) {
      case '"': return take_string();
      case 't': return take_word("true");
      case 'f': return take_word("false");
      case 'n': return take_word("null");
      default: return take_number();
    }
  }

  /// A member's name and the colon behind it.
  bool take_key() {
    skip_blanks();
    if (!take_string()) return false;
    skip_blanks();
    return take(':');
  }

  /// Behind a value: closes what ends here, and moves to the next value of what goes on.
  bool close_containers() {
    for (skip_blanks(); depth_ != 0; skip_blanks()) {
      const bool object = in_object_[depth_ - 1];
      if (take(',')) return !object || take_key();
      if (!take(object ? '}' : ']')) return false;
      --depth_;
    }
    return true;
  }

  const char* at_;
  const char* end_;
  std::bitset<kMaxDepth> in_object_;  // of the containers that are open, the outermost first
  std::size_t depth_ = 0;
};

}  // namespace

DecodeStatus check_json_syntax(std::string_view text) { return JsonChecker(text).check(); }

DecodeStatus check_json(std::string_view text) {
  const DecodeStatus status = check_text(text);
  return status == ok ? check_json_syntax(text) : status;
}

}  // namespace millrace
