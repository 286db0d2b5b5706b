#include "application.hpp"
#include "secrets.hpp"

int main(int argc, char** argv) {
  // Before anything else: a password in a URL must not stay visible in the process list.
  return millrace::cli::run(millrace::cli::take_arguments(argc, argv));
}
