// tributary-promqltest FILE...: runs test files of the text form that Prometheus has for its own engine (test_file.h)
// against ours. Says what failed, and last "N passed, M failed". Exits with 1 when something failed, 2 when it cannot
// run.
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/promql/test_runner.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: tributary-promqltest FILE...\n";
    return 2;
  }
  tributary::promql::TestRunner runner;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) {
      std::cerr << argv[i] << ": cannot be read\n";
      return 2;
    }
    runner.Run(argv[i], text.str());
  }
  for (const std::string& failure : runner.failures()) std::cout << failure << "\n";
  std::cout << runner.passed() << " passed, " << runner.failed() << " failed\n";
  return runner.failed() == 0 ? 0 : 1;
}
