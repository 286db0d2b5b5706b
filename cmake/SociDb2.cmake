# SOCI's db2 backend, which Debian does not package: built from SOCI's source, unpatched, as a static library millrace::soci_db2.
#
#   MILLRACE_DB2   AUTO (default): on where the source is on this machine. ON: the source is fetched where it is not. OFF.
#
# The source is looked for in SOCI_SOURCE_DIR (variable or environment), then where scripts/setup puts it; with ON it is fetched from upstream's repository
# otherwise. Its version has to be the installed core's to the last digit, since a backend implements the core's virtual functions.
#
# Afterwards millrace::soci_db2 exists, or a message says why not. Its users bring the library that implements the call-level interface:
# target_link_libraries(millrace_soci_db2 PUBLIC ...).
set(MILLRACE_DB2 AUTO CACHE STRING "Build the Db2 backend: AUTO, ON or OFF")
set_property(CACHE MILLRACE_DB2 PROPERTY STRINGS AUTO ON OFF)

# The version in soci/version.h below a directory of headers: "4.0.3".
function(millrace_soci_version include_directory result)
  file(STRINGS ${include_directory}/soci/version.h line REGEX "^#define SOCI_VERSION +[0-9]+")
  string(REGEX MATCH "[0-9]+" number "${line}")
  math(EXPR major "${number} / 100000")
  math(EXPR minor "${number} / 100 % 1000")
  math(EXPR patch "${number} % 100")
  set(${result} ${major}.${minor}.${patch} PARENT_SCOPE)
endfunction()

# The source of that version on this machine; empty where there is none.
function(millrace_find_soci_source version result)
  set(${result} "" PARENT_SCOPE)
  set(named "${SOCI_SOURCE_DIR}")
  if(NOT named)
    set(named "$ENV{SOCI_SOURCE_DIR}")
  endif()
  if(named)
    if(NOT EXISTS ${named}/src/backends/db2/session.cpp OR NOT EXISTS ${named}/include/soci/version.h)
      message(FATAL_ERROR "SOCI_SOURCE_DIR is ${named}, which is no source of SOCI: it has no src/backends/db2")
    endif()
    set(${result} ${named} PARENT_SCOPE)
    return()
  endif()
  set(cache "$ENV{XDG_CACHE_HOME}")
  if(NOT cache)
    set(cache "$ENV{HOME}/.cache")
  endif()
  if(EXISTS ${cache}/millrace/soci-${version}/src/backends/db2/session.cpp)
    set(${result} ${cache}/millrace/soci-${version} PARENT_SCOPE)
  endif()
endfunction()

# millrace_add_soci_db2(name source cli_directory): the backend, compiled against the sqlcli1.h in that directory.
function(millrace_add_soci_db2 name source cli_directory)
  set(backend ${source}/src/backends/db2)
  add_library(${name} STATIC
    ${backend}/blob.cpp
    ${backend}/factory.cpp
    ${backend}/row-id.cpp
    ${backend}/session.cpp
    ${backend}/standard-into-type.cpp
    ${backend}/standard-use-type.cpp
    ${backend}/statement.cpp
    ${backend}/vector-into-type.cpp
    ${backend}/vector-use-type.cpp)
  # Of the public headers only the backend's own come from the source: all others, and how they were configured, are the installed core's.
  set(headers ${PROJECT_BINARY_DIR}/soci_db2)
  configure_file(${source}/include/soci/db2/soci-db2.h ${headers}/soci/db2/soci-db2.h COPYONLY)
  target_include_directories(${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${cli_directory}> $<BUILD_INTERFACE:${headers}> PRIVATE ${source}/include/private)
  target_link_libraries(${name} PUBLIC millrace::soci_core)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -w)  # not our code
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

if(MILLRACE_DB2 STREQUAL "AUTO" OR MILLRACE_DB2)
  set(reason "")
  if(SOCI_FOUND)
    # 4.1's backend is another one, and from 4.1.3 on it does not compile.
    set(reason "only SOCI 4.0's db2 backend can be built, and the installed SOCI is ${SOCI_VERSION}")
  else()
    millrace_soci_version(${SOCI_INCLUDE_DIR} soci_version)
    millrace_find_soci_source(${soci_version} MILLRACE_SOCI_SOURCE)
    if(NOT MILLRACE_SOCI_SOURCE AND NOT MILLRACE_DB2 STREQUAL "AUTO")
      include(FetchContent)
      FetchContent_Declare(soci_source GIT_REPOSITORY https://github.com/SOCI/soci.git GIT_TAG v${soci_version} GIT_SHALLOW ON SOURCE_SUBDIR not-built)
      FetchContent_MakeAvailable(soci_source)
      set(MILLRACE_SOCI_SOURCE ${soci_source_SOURCE_DIR})
    endif()
    if(NOT MILLRACE_SOCI_SOURCE)
      set(reason "the source of SOCI ${soci_version} is not on this machine: run scripts/setup, set SOCI_SOURCE_DIR, or have it fetched by -DMILLRACE_DB2=ON")
    endif()
  endif()
  if(reason)
    if(NOT MILLRACE_DB2 STREQUAL "AUTO")
      message(FATAL_ERROR "MILLRACE_DB2 is ON, but ${reason}")
    endif()
    message(STATUS "Db2 backend: OFF (${reason})")
    return()
  endif()
  millrace_soci_version(${MILLRACE_SOCI_SOURCE}/include source_version)
  if(NOT source_version VERSION_EQUAL soci_version)
    message(FATAL_ERROR "SOCI's source in ${MILLRACE_SOCI_SOURCE} is ${source_version}, but the installed SOCI is ${soci_version}: its db2 backend must be of the same version")
  endif()
  message(STATUS "Db2 backend: ON (SOCI ${soci_version}'s db2 backend from ${MILLRACE_SOCI_SOURCE})")
  set(MILLRACE_SOCI_SOURCE ${MILLRACE_SOCI_SOURCE} CACHE INTERNAL "")
  millrace_add_soci_db2(millrace_soci_db2 ${MILLRACE_SOCI_SOURCE} ${PROJECT_SOURCE_DIR}/backends/db2/cli)
  set_target_properties(millrace_soci_db2 PROPERTIES EXPORT_NAME soci_db2)
  add_library(millrace::soci_db2 ALIAS millrace_soci_db2)
else()
  message(STATUS "Db2 backend: OFF (MILLRACE_DB2)")
endif()
