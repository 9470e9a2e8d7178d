# How every folder of Tributary declares its one target.
#
#   tributary_library(NAME common_base SOURCES a.cc b.cc HEADERS a.h b.h c.h DEPS ...)
#   tributary_program(NAME tributary-local SOURCES main.cc DEPS ...)
#   tributary_test(NAME tdigest_test SOURCES tdigest_test.cc DEPS ... [LABELS unit threads] [TIMEOUT 60])
#   tributary_fuzzer(NAME line_parser_fuzz SOURCES line_parser_fuzz.cc DEPS ...)
#   tributary_python_test(NAME kill_test SCRIPT kill_test.py LABEL cluster TIMEOUT 300 [ARGS a b] [PROCESSORS 1])
#
# Labels of tests: unit (alone, in a process), threads (also run under TSan), integration, cluster, fuzz, soak.
#
# Libraries are named after their folder (common/base -> common_base). A header without a .cc of its
# own name is compiled alone, so that it is complete on its own; the others are proven by the rule that
# a .cc includes its own header first, which tests/layering_test.py keeps.

include_guard(GLOBAL)

function(tributary_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;HEADERS;DEPS" ${ARGN})
  set(alone "")
  set(headers ${arg_HEADERS})
  if(TRIBUTARY_SANITIZE)  # the plain build has proven it
    set(headers "")
  endif()
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "\\.h$" ".cc" twin "${header}")
    if(NOT twin IN_LIST arg_SOURCES)
      file(RELATIVE_PATH path "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/${header}")
      string(MAKE_C_IDENTIFIER "${path}" id)
      set(unit "${CMAKE_CURRENT_BINARY_DIR}/alone/${id}.cc")
      file(CONFIGURE OUTPUT "${unit}" CONTENT "#include \"${path}\"\n")
      list(APPEND alone "${unit}")
    endif()
  endforeach()
  add_library(${arg_NAME} STATIC ${arg_SOURCES} ${alone})
  target_link_libraries(${arg_NAME} PUBLIC tributary_options ${arg_DEPS})
endfunction()

function(tributary_program)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE tributary_options ${arg_DEPS})
  # Exports: so that a crash report names functions in a stripped program too.
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin" ENABLE_EXPORTS ON)
  add_dependencies(programs ${arg_NAME})
endfunction()

function(tributary_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE tributary_options ${arg_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  if(threads IN_LIST arg_LABELS)
    add_dependencies(threads_tests ${arg_NAME})
  endif()
endfunction()

# Only in the asan preset: libFuzzer comes with clang. tests/fuzz/seeds.py writes where each begins.
function(tributary_fuzzer)
  if(NOT TRIBUTARY_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE tributary_options ${arg_DEPS})
  target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${arg_NAME})
  # The corpus stays in the build folder, so later runs begin where this one ended.
  set(corpus "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_corpus")
  file(MAKE_DIRECTORY "${corpus}")
  set(limits -timeout=10 -rss_limit_mb=2048 -print_final_stats=1)
  # Every run from a clean clone tries the same inputs: it tells of the change at hand. What nobody has tried yet is for
  # `./dev soak`.
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} -seed=1 -max_total_time=60 ${limits} "${corpus}")
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT 180 LABELS fuzz)
  add_test(NAME ${arg_NAME}_long COMMAND ${arg_NAME} -max_total_time=600 ${limits} "${corpus}" CONFIGURATIONS Soak)
  set_tests_properties(${arg_NAME}_long PROPERTIES TIMEOUT 900 LABELS soak)
endfunction()

# A test in Python that starts the real programs (tests/support/cluster.py). Debian's own Python, for its packages.
# With the label `soak` only `./dev soak` runs it.
function(tributary_python_test)
  if(NOT TRIBUTARY_GRPC)
    return()
  endif()
  cmake_parse_arguments(arg "" "NAME;SCRIPT;TIMEOUT;LABEL;PROCESSORS" "ARGS;ENVIRONMENT" ${ARGN})
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 2)
  endif()
  set(when "")
  if(arg_LABEL STREQUAL soak)
    set(when CONFIGURATIONS Soak)
  endif()
  add_test(NAME ${arg_NAME} COMMAND /usr/bin/python3 "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT}" ${arg_ARGS} ${when})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABEL}" PROCESSORS ${arg_PROCESSORS}
    ENVIRONMENT "PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support;TRIBUTARY_BIN=${PROJECT_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1;${arg_ENVIRONMENT}")
endfunction()

# Google Benchmark programs; `./dev bench` builds and runs them.
function(tributary_benchmark)
  if(NOT TRIBUTARY_BENCH)
    return()
  endif()
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE tributary_options ${arg_DEPS} benchmark::benchmark_main)
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  add_dependencies(benchmarks ${arg_NAME})
endfunction()
