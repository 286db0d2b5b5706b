#include "unit/access/arrow/hand_made.hpp"

namespace millrace::test {

struct HandStream::State {
  std::vector<HandColumn> columns;
  Root root;
  int batches = 1;
  int next = 0;
  int failing_batch = -1;
  int failing_schema = 0;
  int status = 0;
  std::string message;
  std::string root_format = "+s";
  bool without_children = false;
  int alive = 0;   ///< structs handed out and not released
};

namespace {

using State = HandStream::State;

struct SchemaNode {
  std::shared_ptr<State> state;
  std::string format, name;
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::vector<ArrowSchema*> pointers;
  std::unique_ptr<ArrowSchema> dictionary;
};

struct ArrayNode {
  std::shared_ptr<State> state;
  std::vector<std::vector<char>> memory;
  std::vector<const void*> buffers;
  std::vector<std::unique_ptr<ArrowArray>> children;
  std::vector<ArrowArray*> pointers;
  std::unique_ptr<ArrowArray> dictionary;
};

template <class Node, class T> void release_node(T* object) {
  const std::unique_ptr<Node> node(static_cast<Node*>(object->private_data));
  --node->state->alive;
  for (T* child : node->pointers) {
    if (child->release) child->release(child);
  }
  if (node->dictionary) node->dictionary->release(node->dictionary.get());
  object->release = nullptr;
}

template <class T, class Node> void finish(T& out, std::unique_ptr<Node> node) {
  for (const auto& child : node->children) node->pointers.push_back(child.get());
  out.n_children = static_cast<std::int64_t>(node->pointers.size());
  out.children = node->pointers.data();
  out.dictionary = node->dictionary.get();
  out.release = release_node<Node, T>;
  ++node->state->alive;
  out.private_data = node.release();
}

void make_schema(const std::shared_ptr<State>& state, const std::string& format, const std::string& name, const std::string& dictionary_format,
                 const std::vector<HandColumn>& children, ArrowSchema& out) {
  auto node = std::make_unique<SchemaNode>();
  node->state = state;
  node->format = format;
  node->name = name;
  out = {};
  out.format = node->format.c_str();
  out.name = node->name.c_str();
  for (const HandColumn& child : children) {
    node->children.push_back(std::make_unique<ArrowSchema>());
    make_schema(state, child.format, child.name, child.dictionary_format, {}, *node->children.back());
  }
  if (!dictionary_format.empty()) {
    node->dictionary = std::make_unique<ArrowSchema>();
    make_schema(state, dictionary_format, "", "", {}, *node->dictionary);
  }
  finish(out, std::move(node));
}

void make_array(const std::shared_ptr<State>& state, const HandArray& array, const std::vector<HandColumn>& children, ArrowArray& out) {
  auto node = std::make_unique<ArrayNode>();
  node->state = state;
  for (const BufferBytes& bytes : array.buffers) {
    node->memory.emplace_back();
    if (bytes) node->memory.back().assign(bytes->begin(), bytes->end());
  }
  for (std::size_t i = 0; i < array.buffers.size(); ++i) node->buffers.push_back(array.buffers[i] ? static_cast<const void*>(node->memory[i].data()) : nullptr);
  out = {};
  out.length = array.length;
  out.offset = array.offset;
  out.null_count = array.null_count;
  out.n_buffers = static_cast<std::int64_t>(node->buffers.size());
  out.buffers = node->buffers.data();
  for (const HandColumn& child : children) {
    node->children.push_back(std::make_unique<ArrowArray>());
    make_array(state, child.array, {}, *node->children.back());
  }
  if (array.dictionary) {
    node->dictionary = std::make_unique<ArrowArray>();
    make_array(state, *array.dictionary, {}, *node->dictionary);
  }
  finish(out, std::move(node));
}

std::shared_ptr<State>& state_of(ArrowArrayStream* stream) { return *static_cast<std::shared_ptr<State>*>(stream->private_data); }

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  const auto& state = state_of(stream);
  if (state->failing_schema != 0) return state->failing_schema;
  make_schema(state, state->root_format, "", "", state->columns, *out);
  return 0;
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  const auto& state = state_of(stream);
  if (state->next == state->failing_batch) return state->status;
  out->release = nullptr;
  if (state->next++ == state->batches) return 0;
  const HandArray root{state->root.length, {state->root.validity}, state->root.offset, state->root.null_count, nullptr};
  make_array(state, root, state->without_children ? std::vector<HandColumn>{} : state->columns, *out);
  return 0;
}

const char* get_last_error(ArrowArrayStream* stream) {
  const auto& state = state_of(stream);
  return state->message.empty() ? nullptr : state->message.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  const std::unique_ptr<std::shared_ptr<State>> owned(&state_of(stream));
  --(*owned)->alive;
  stream->release = nullptr;
}

template <class Offset> HandColumn with_offsets(std::initializer_list<std::string_view> values, std::string format) {
  std::string bytes;
  std::vector<Offset> offsets{0};
  for (const std::string_view value : values) {
    bytes += value;
    offsets.push_back(static_cast<Offset>(bytes.size()));
  }
  std::string packed(offsets.size() * sizeof(Offset), '\0');
  std::memcpy(packed.data(), offsets.data(), packed.size());
  return {"c", std::move(format), {static_cast<std::int64_t>(values.size()), {std::nullopt, packed, bytes}, 0, 0, nullptr}, ""};
}

}  // namespace

HandStream::HandStream(std::vector<HandColumn> columns, Root root) : state_(std::make_shared<State>()) {
  state_->columns = std::move(columns);
  state_->root = std::move(root);
  stream_ = {get_schema, get_next, get_last_error, release_stream, new std::shared_ptr<State>(state_)};
  ++state_->alive;
}

HandStream::HandStream(std::vector<HandColumn> columns) : HandStream(columns, Root{columns.empty() ? 0 : columns.front().array.length, 0, std::nullopt, 0}) {}

HandStream::~HandStream() {
  if (stream_.release) stream_.release(&stream_);
  CHECK(state_->alive == 0);
}

void HandStream::repeat(int batches) { state_->batches = batches; }
void HandStream::fail_schema(int status, const char* message) {
  state_->failing_schema = status;
  state_->message = message;
}
void HandStream::fail_batch(int batch, int status, const char* message) {
  state_->failing_batch = batch;
  state_->status = status;
  state_->message = message;
}
void HandStream::set_root_format(std::string format) { state_->root_format = std::move(format); }
void HandStream::drop_children() { state_->without_children = true; }

std::string bits(std::string_view ones_and_zeros) {
  std::string bitmap((ones_and_zeros.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < ones_and_zeros.size(); ++i) {
    if (ones_and_zeros[i] == '1') bitmap[i / 8] = static_cast<char>(bitmap[i / 8] | 1 << i % 8);
  }
  return bitmap;
}

HandColumn texts(std::initializer_list<std::string_view> values, std::string format) { return with_offsets<std::int32_t>(values, std::move(format)); }
HandColumn large_texts(std::initializer_list<std::string_view> values, std::string format) { return with_offsets<std::int64_t>(values, std::move(format)); }

HandColumn text_views(std::initializer_list<std::string_view> values, std::string format) {
  std::string views;
  std::string parts[2];
  std::int32_t part = 0;
  for (const std::string_view value : values) {
    std::string view = raw<std::int32_t>({static_cast<std::int32_t>(value.size())});
    if (value.size() <= 12) {
      view += value;
      view.resize(16, '\0');
    } else {
      view += value.substr(0, 4);
      view += raw<std::int32_t>({part, static_cast<std::int32_t>(parts[part].size())});
      parts[part] += value;
      part = 1 - part;
    }
    views += view;
  }
  const std::string sizes = raw<std::int64_t>({static_cast<std::int64_t>(parts[0].size()), static_cast<std::int64_t>(parts[1].size())});
  return {"c", std::move(format), {static_cast<std::int64_t>(values.size()), {std::nullopt, views, parts[0], parts[1], sizes}, 0, 0, nullptr}, ""};
}

HandColumn dictionary(HandColumn index, const HandColumn& values) {
  index.dictionary_format = values.format;
  index.array.dictionary = std::make_shared<HandArray>(values.array);
  return index;
}

std::vector<Value> read(HandStream& stream, const SqlType& type) {
  arrow::StreamBatches batches{OwnedArrowStream(*stream.get())};
  const ColumnInfo target{"target", type, true, false, false, Identity::none, ""};
  batches.choose({{0, target}});
  RecordBatch batch = batches.make_batch();
  std::vector<Value> values;
  while (batches.next(batch)) {
    REQUIRE(batch.column_count() == 1);
    for (std::size_t row = 0; row < batch.rows(); ++row) values.push_back(batch.column(0).value(row));
  }
  return values;
}

std::vector<Value> read(const HandColumn& column, const SqlType& type) {
  HandStream stream({column});
  return read(stream, type);
}

ErrorInfo read_error(HandStream& stream, const SqlType& type) {
  return error_of([&] { read(stream, type); });
}

ErrorInfo read_error(const HandColumn& column, const SqlType& type) {
  HandStream stream({column});
  return read_error(stream, type);
}

}  // namespace millrace::test
