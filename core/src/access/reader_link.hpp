#pragma once
// What ties an open reader to its connection.

#include "millrace/access/batch_reader.hpp"

namespace millrace {

/// Shared by both, since either may go first.
struct BatchReader::Link {
  Connection* connection;   ///< nullptr: gone, or done with this reader
  bool open = true;         ///< the stream is on its way
};

}  // namespace millrace
