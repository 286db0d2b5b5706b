// No include guard: kernels.cpp includes this once per instruction set, in a namespace that defines Block (64 bytes and equal(byte) -> bit mask),
// count_bits, and prefix_xor (bit i = parity of bits 0..i).

/// The bytes inside quotes (an opening quote counts as inside, a closing one as outside).
inline std::uint64_t quoted_bytes(std::uint64_t quotes, std::uint64_t& inside) {
  if (quotes == 0) return inside;
  const std::uint64_t quoted = prefix_xor(quotes) ^ inside;
  inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(quoted) >> 63);
  return quoted;
}

template <LineEnd kEnd>
void scan(const char* bytes, std::size_t blocks, char quote, ScanState& state, ScanTotals& totals) {
  std::uint64_t inside = state.inside_quotes;
  std::uint64_t after_cr = state.after_cr;
  std::uint64_t stray = 0;
  std::uint64_t last_ends = 0;
  std::size_t last_block = 0;
  std::int64_t records = 0;
  std::int64_t lines = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    const Block block(bytes + i * kBlock);
    const std::uint64_t lf = block.equal('\n');
    const std::uint64_t cr = block.equal('\r');
    const std::uint64_t outside = ~quoted_bytes(block.equal(quote), inside);
    const std::uint64_t ends = (kEnd == LineEnd::cr ? cr : lf) & outside;
    if constexpr (kEnd == LineEnd::crlf) {
      const std::uint64_t cr_outside = cr & outside;
      stray |= ((cr_outside << 1) | after_cr) ^ ends;
      after_cr = cr_outside >> 63;
    } else {
      stray |= (kEnd == LineEnd::cr ? lf : cr) & outside;
    }
    records += count_bits(ends);
    lines += count_bits(kEnd == LineEnd::cr ? cr : lf);
    last_ends = ends ? ends : last_ends;
    last_block = ends ? i : last_block;
  }
  state.inside_quotes = inside;
  state.after_cr = after_cr;
  totals.records += records;
  totals.lines += lines;
  totals.stray |= stray;
  if (last_ends) totals.last_end = static_cast<std::int64_t>(last_block * kBlock) + 63 - __builtin_clzll(last_ends);
}

/// Writes base + i for each set bit i. Eight at a time without a branch, because most blocks hold fewer; what is written too much is written over.
inline std::uint32_t* write_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) {
  std::uint32_t* const end = out + count_bits(bits);
  while (bits) {
    for (int i = 0; i < 8; ++i) {
      out[i] = base + static_cast<std::uint32_t>(__builtin_ctzll(bits | (std::uint64_t{1} << 63)));
      bits &= bits - 1;
    }
    out += 8;
  }
  return end;
}

/// The same for a block with quotes in it, or within a field that has had one.
inline std::uint32_t* write_flagged_positions(std::uint64_t bits, std::uint64_t quotes, std::uint32_t base, std::uint32_t& flag, std::uint32_t* out) {
  for (; bits; bits &= bits - 1) {
    const std::uint64_t before = (bits & -bits) - 1;
    if (quotes & before) flag = kQuotedField;
    quotes &= ~before;
    *out++ = (base + static_cast<std::uint32_t>(__builtin_ctzll(bits))) | flag;
    flag = 0;
  }
  if (quotes) flag = kQuotedField;
  return out;
}

inline void index_block(const Block& block, std::uint64_t valid, std::uint32_t base, IndexMarks marks, IndexState& state) {
  const std::uint64_t quotes = block.equal(marks.quote) & valid;
  const std::uint64_t outside = ~quoted_bytes(quotes, state.inside_quotes) & valid;
  std::uint64_t record_ends = block.equal(marks.record_end) & outside;
  const std::uint64_t ends = (block.equal(marks.delimiter) & outside) | record_ends;
  const auto ends_before = static_cast<std::uint32_t>(state.ends - state.first_end);
  state.ends = (quotes | state.field_flag) == 0 ? write_positions(ends, base, state.ends)
                                                : write_flagged_positions(ends, quotes, base, state.field_flag, state.ends);
  for (; record_ends; record_ends &= record_ends - 1) {
    const std::uint64_t up_to = record_ends ^ (record_ends - 1);
    *state.record_ends++ = ends_before + static_cast<std::uint32_t>(count_bits(ends & up_to));
  }
}

void index(const char* bytes, std::uint32_t from, std::uint32_t to, IndexMarks marks, IndexState& state) {
  IndexState local = state;  // so that the compiler may keep it in registers
  for (; to - from >= kBlock; from += kBlock) index_block(Block(bytes + from), ~std::uint64_t{0}, from, marks, local);
  if (from < to) {
    char last[kBlock] = {};
    std::memcpy(last, bytes + from, to - from);
    index_block(Block(last), (std::uint64_t{1} << (to - from)) - 1, from, marks, local);
  }
  state = local;
}

constexpr Kernels make_kernels(const char* name) {
  return {name, scan<LineEnd::lf>, scan<LineEnd::crlf>, scan<LineEnd::cr>, index};
}
