cmake_minimum_required(VERSION 3.25)
# Run by ctest; see CMakeLists.txt for the variables.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

set(prefix ${WORK_DIR}/prefix)
file(REMOVE_RECURSE ${WORK_DIR})
unset(ENV{DESTDIR})
run(${CMAKE_COMMAND} --install ${MILLRACE_BINARY_DIR} --prefix ${prefix})

set(flags)
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} -S ${CONSUMER_SOURCE_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
  -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_FIND_PACKAGE_NO_PACKAGE_REGISTRY=ON
  -DCMAKE_CXX_COMPILER=${CXX_COMPILER} -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_FLAGS=${flags} -DEXPECTED_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/core_only)
run(${WORK_DIR}/build/with_backends ${WORK_DIR}/consumer.db)
run(${WORK_DIR}/build/with_async ${WORK_DIR}/async.db)
run(${prefix}/bin/millrace --version)
