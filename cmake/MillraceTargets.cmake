# What all targets of the project share: warnings and sanitizers. Private to the project's own code.
add_library(millrace_build_options INTERFACE)
target_compile_options(millrace_build_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)  # GCC 12 sees overlaps in "text" + string (its bug 105651)
if(MILLRACE_WARNINGS_AS_ERRORS)
  # GCC's maybe-uninitialized and array-bounds are wrong about std::string now and then (12 at -O3): worth a look, not worth a red build.
  target_compile_options(millrace_build_options INTERFACE -Werror "$<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized;-Wno-error=array-bounds>")
endif()
if(MILLRACE_SANITIZE)
  # vptr is off: Debian's SOCI core hides the typeinfo that the check needs.
  target_compile_options(millrace_build_options INTERFACE -fsanitize=${MILLRACE_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(millrace_build_options INTERFACE -fsanitize=${MILLRACE_SANITIZE})
  if(MILLRACE_SANITIZE MATCHES undefined)
    target_compile_options(millrace_build_options INTERFACE -fno-sanitize=vptr -fno-sanitize-recover=undefined)
  endif()
endif()

# millrace_add_library(name ALIAS sources...): a static library of the project, exported as millrace::ALIAS.
function(millrace_add_library name alias)
  add_library(${name} STATIC ${ARGN})
  add_library(millrace::${alias} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${alias} POSITION_INDEPENDENT_CODE ON)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:millrace_build_options>)
endfunction()
