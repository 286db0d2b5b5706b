#pragma once
// Metrics as text: Prometheus' format (https://prometheus.io/docs/instrumenting/exposition_formats/) and the JSON form of a histogram.

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/access/pool_statistics.hpp"

namespace millrace::metrics_text {

/// Label values escape the backslash, the quote and the line feed.
std::string escaped(const std::string& text);
/// The shortest text without an exponent that reads back as the same number, whatever the locale.
std::string number(double value);
nlohmann::ordered_json to_json_value(const DurationHistogram& histogram);

/// Families of metrics, each with one sample per object; `Statistics` has a name, which becomes the value of the label.
template <class Statistics> class Exposition {
 public:
  Exposition(const std::vector<Statistics>& objects, const char* label) : objects_(objects), label_(label) {}

  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void sample(const Statistics& object, const char* suffix, const std::string& labels, const std::string& value) {
    text_ += name_ + suffix + "{" + label_ + "=\"" + escaped(object.name) + "\"" + (labels.empty() ? "" : ",") + labels + "} " + value + "\n";
  }
  template <class Read> void metric(const char* name, const char* type, const char* help, Read&& read) {
    family(name, type, help);
    for (const Statistics& object : objects_) sample(object, "", "", std::to_string(read(object)));
  }
  void histogram(const char* name, const char* help, DurationHistogram Statistics::* member) {
    family(name, "histogram", help);
    for (const Statistics& object : objects_) {
      const DurationHistogram& values = object.*member;
      std::uint64_t below = 0;
      for (std::size_t i = 0; i < DurationHistogram::kBounds.size(); ++i) {
        below += values.counts[i];
        sample(object, "_bucket", "le=\"" + number(DurationHistogram::kBounds[i]) + "\"", std::to_string(below));
      }
      sample(object, "_bucket", "le=\"+Inf\"", std::to_string(values.count));
      sample(object, "_sum", "", number(values.sum));
      sample(object, "_count", "", std::to_string(values.count));
    }
  }
  std::string take() { return std::move(text_); }

 private:
  const std::vector<Statistics>& objects_;
  const char* label_;
  std::string name_, text_;
};

}  // namespace millrace::metrics_text
