# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Build options and the helpers every folder uses.

set(DEIT_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(DEIT_FUZZ "Build for libFuzzer: the targets in fuzz/, with sanitizers")
if(DEIT_FUZZ)
  set(DEIT_SANITIZE "address,undefined")
  # Assertions stay.
  add_compile_options(-fsanitize=fuzzer-no-link -UNDEBUG)
endif()
if(DEIT_SANITIZE)
  # What a sanitizer finds ends the run.
  add_compile_options(-fsanitize=${DEIT_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DEIT_SANITIZE})
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter)

# deit_add_library(NAME sources... [DEPENDS targets...] [LINK libraries...])
# One library of lib/ or importer/: LINK names our own and MLIR's libraries;
# MLIR's come from the one shared libMLIR. All are installed and exported.
function(deit_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  set_property(GLOBAL APPEND PROPERTY DEIT_LIBRARIES ${name})
  install(TARGETS ${name} EXPORT DeiTTargets
    DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# deit_add_tool(NAME sources... [LINK libraries...]): one binary of tools/.
function(deit_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  target_compile_definitions(${name} PRIVATE DEIT_VERSION="${PROJECT_VERSION}")
  set_property(GLOBAL APPEND PROPERTY DEIT_TOOLS ${name})
  install(TARGETS ${name} EXPORT DeiTTools)
endfunction()
