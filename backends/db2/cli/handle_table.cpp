#include "db2/cli/handle_table.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "db2/cli/provider.hpp"

namespace millrace::db2::cli::handle_table {
namespace {

// A number is kFirstHandle, 14 bits of how often its slot was used, and 16 bits of the slot.
constexpr std::uint32_t kSlotBits = 16, kUseMask = (1u << 14) - 1;
constexpr std::uint32_t kSlots = 1u << kSlotBits, kChunk = 256;

struct Slot {
  std::mutex mutex;
  std::uint32_t use = 0;
  std::shared_ptr<Handle> handle;
};
using Chunk = std::array<Slot, kChunk>;

struct Table {
  std::array<std::atomic<Chunk*>, kSlots / kChunk> chunks{};   // grow only: a look-up needs no lock to get to its slot
  std::mutex mutex;                                            // of what follows
  std::uint32_t used = 0;                                      // slots that were ever handed out
  std::deque<std::uint32_t> free;                              // the one that is free for the longest time is used first
};

Table& table() {
  static auto* const instance = new Table;   // handles are freed by destructors that run late
  return *instance;
}

Slot* slot_of(std::uint32_t index) {
  Chunk* const chunk = table().chunks[index / kChunk].load(std::memory_order_acquire);
  return chunk != nullptr ? &(*chunk)[index % kChunk] : nullptr;
}

std::uint32_t take_slot() {
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  if (t.used < kSlots && t.free.size() < kChunk) {   // a freed slot rests while others are free
    std::atomic<Chunk*>& chunk = t.chunks[t.used / kChunk];
    if (chunk.load(std::memory_order_relaxed) == nullptr) chunk.store(new Chunk, std::memory_order_release);
    return t.used++;
  }
  if (t.free.empty()) throw CallError("HY014", "too many handles: " + std::to_string(kSlots) + " are in use");
  const std::uint32_t index = t.free.front();
  t.free.pop_front();
  return index;
}

SQLHANDLE number_of(std::uint32_t index, std::uint32_t use) { return static_cast<SQLHANDLE>(static_cast<std::uint32_t>(kFirstHandle) | use << kSlotBits | index); }

template <class F> std::shared_ptr<Handle> with(SQLHANDLE number, SQLSMALLINT type, F&& take) {
  if (number < kFirstHandle) return nullptr;
  const auto bits = static_cast<std::uint32_t>(number);
  Slot* const slot = slot_of(bits & (kSlots - 1));
  if (slot == nullptr) return nullptr;
  const std::lock_guard lock(slot->mutex);
  if (slot->use != (bits >> kSlotBits & kUseMask) || slot->handle == nullptr || slot->handle->type() != type) return nullptr;
  return take(*slot);
}

}  // namespace

SQLHANDLE add(std::shared_ptr<Handle> handle) {
  const std::uint32_t index = take_slot();
  Slot& slot = *slot_of(index);
  const std::lock_guard lock(slot.mutex);
  slot.use = (slot.use + 1) & kUseMask;
  slot.handle = std::move(handle);
  return number_of(index, slot.use);
}

std::shared_ptr<Handle> find(SQLHANDLE number, SQLSMALLINT type) {
  return with(number, type, [](const Slot& slot) { return slot.handle; });
}

std::shared_ptr<Handle> remove(SQLHANDLE number, SQLSMALLINT type) {
  std::shared_ptr<Handle> handle = with(number, type, [](Slot& slot) { return std::exchange(slot.handle, nullptr); });
  if (handle != nullptr) {
    const std::lock_guard lock(table().mutex);
    table().free.push_back(static_cast<std::uint32_t>(number) & (kSlots - 1));
  }
  return handle;
}

}  // namespace millrace::db2::cli::handle_table
