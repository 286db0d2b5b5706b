#include "load/unit_rows.hpp"

namespace millrace {
namespace {

class StreamingRows final : public UnitRows {
 public:
  explicit StreamingRows(std::unique_ptr<UnitDecoder> decoder) : decoder_(std::move(decoder)) {}
  void start(const Unit& unit) override { unit_ = &unit; restart(); }
  void restart() override { decoder_->start(*unit_); }
  RecordBatch* next(std::vector<Reject>& rejects) override { return decoder_->next(batch_, rejects) ? &batch_ : nullptr; }
  Reject locate(std::int64_t src_row) override { return decoder_->locate(src_row); }

 private:
  std::unique_ptr<UnitDecoder> decoder_;
  const Unit* unit_ = nullptr;
  RecordBatch batch_;
};

class DecodedRows final : public UnitRows {
 public:
  explicit DecodedRows(std::unique_ptr<UnitDecoder> decoder) : decoder_(std::move(decoder)) {}
  void start(const Unit& unit) override {
    decoder_->start(unit);
    rejects_.clear();
    count_ = 0;
    for (;; ++count_) {
      if (count_ == batches_.size()) batches_.emplace_back();
      if (!decoder_->next(batches_[count_], rejects_)) break;
    }
    restart();
  }
  void restart() override {
    at_ = 0;
    rejects_given_ = false;
  }
  RecordBatch* next(std::vector<Reject>& rejects) override {
    if (!rejects_given_) rejects.insert(rejects.end(), rejects_.begin(), rejects_.end());
    rejects_given_ = true;
    return at_ == count_ ? nullptr : &batches_[at_++];
  }
  Reject locate(std::int64_t src_row) override { return decoder_->locate(src_row); }

 private:
  std::unique_ptr<UnitDecoder> decoder_;
  std::vector<RecordBatch> batches_;   // recycled from unit to unit
  std::vector<Reject> rejects_;
  std::size_t count_ = 0, at_ = 0;
  bool rejects_given_ = false;
};

}  // namespace

std::unique_ptr<UnitRows> streaming_rows(std::unique_ptr<UnitDecoder> decoder) { return std::make_unique<StreamingRows>(std::move(decoder)); }
std::unique_ptr<UnitRows> decoded_rows(std::unique_ptr<UnitDecoder> decoder) { return std::make_unique<DecodedRows>(std::move(decoder)); }

}  // namespace millrace
