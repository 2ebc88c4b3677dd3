# blis_seed_table(TARGET): gives TARGET the header seed_table.inc, which a program of the build computes.
function(blis_seed_table target)
  set(folder "${PROJECT_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${folder}")
  add_executable(blis_seed_table_generator "${PROJECT_SOURCE_DIR}/cmake/seed_table_generator.cc")
  target_include_directories(blis_seed_table_generator PRIVATE "${PROJECT_BINARY_DIR}/include/random")
  add_custom_command(OUTPUT "${folder}/seed_table.inc"
    COMMAND blis_seed_table_generator > "${folder}/seed_table.inc"
    DEPENDS blis_seed_table_generator VERBATIM)
  target_sources(${target} PRIVATE "${folder}/seed_table.inc")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()
