# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Run as a script: writes FILES, a list of texts, into OUTPUT as rows of C++,
# {"name", R"(text)"}, for an array to include.
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(FIND "${text}" ")embedded\"" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${file}: contains )embedded\", which ends it in C++")
  endif()
  string(APPEND rows "{\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "${rows}")
