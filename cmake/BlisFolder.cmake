# blis_folder(NAME [USES folder…] [LIBS target…] [PRIVATE_LIBS target…])
#
# One library per folder of src/. Its sources are globbed, so adding a file touches no build file. Each target gets an
# include directory of its own that holds nothing but a link to its folder; a target therefore finds `#include
# "kv/kv_store.h"` only if it links blis_kv, directly or through what it links. That is how the build keeps the arrows
# between folders pointing one way.
function(blis_folder name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS;PRIVATE_LIBS" ${ARGN})
  set(source_dir "${PROJECT_SOURCE_DIR}/src/${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${source_dir}/*.cc")

  set(include_dir "${PROJECT_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${include_dir}")
  file(CREATE_LINK "${source_dir}" "${include_dir}/${name}" SYMBOLIC)

  set(uses "${ARG_USES}")
  list(TRANSFORM uses PREPEND "blis_")
  if(sources)
    add_library(blis_${name} STATIC ${sources})
    target_include_directories(blis_${name} PUBLIC "${include_dir}")
    target_link_libraries(blis_${name} PUBLIC ${uses} ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
  else()
    add_library(blis_${name} INTERFACE)
    target_include_directories(blis_${name} INTERFACE "${include_dir}")
    target_link_libraries(blis_${name} INTERFACE ${uses} ${ARG_LIBS} ${ARG_PRIVATE_LIBS})
  endif()
endfunction()
