# Language, warnings, numerics and sanitizers: everything that holds for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(BLIS_TESTS "Build the tests" ON)
option(BLIS_BENCHMARKS "Build the micro-benchmarks" OFF)
option(BLIS_FUZZERS "Build the fuzzers (clang only)" OFF)
set(BLIS_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(BLIS_DCHECKS "Run the expensive invariant checks" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -O2 in release builds: results do not depend on the level, and -O3 measured no faster.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# Results are compared digit by digit, so multiply and add must never be fused behind our back.
add_compile_options(-ffp-contract=off)
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(BLIS_SANITIZE)
  add_compile_options(-fsanitize=${BLIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BLIS_SANITIZE})
endif()
if(BLIS_FUZZERS)
  add_compile_definitions(BLIS_ABORT_ON_CHECK)
endif()
if(BLIS_DCHECKS)
  add_compile_definitions(BLIS_DCHECKS)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(absl REQUIRED)
find_package(CURL REQUIRED)
# Its headers; the library is loaded when it is first used (src/base/curl_on_demand.cc).
add_library(curl_on_demand INTERFACE IMPORTED)
target_include_directories(curl_on_demand INTERFACE "${CURL_INCLUDE_DIRS}")
target_link_libraries(curl_on_demand INTERFACE ${CMAKE_DL_LIBS})
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
find_package(Boost 1.74 REQUIRED)  # headers only: Asio and Beast
find_path(LUAJIT_INCLUDE_DIR luajit-2.1/lua.hpp REQUIRED)
find_library(LUAJIT_LIBRARY luajit-5.1 REQUIRED)
add_library(luajit INTERFACE IMPORTED)
target_include_directories(luajit INTERFACE "${LUAJIT_INCLUDE_DIR}")
target_link_libraries(luajit INTERFACE "${LUAJIT_LIBRARY}")
