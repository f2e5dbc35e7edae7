# add_module(NAME SOURCES file… [USES folder…] [LIBS target…])
#   One static library per folder. USES names the folders it may include and link; nothing else of
#   the project is on its link line.
function(add_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS")
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC PkgConfig::GLIB ${arg_USES} ${arg_LIBS}
                                  PRIVATE drydock-flags)
    target_compile_definitions(${name} PRIVATE G_LOG_DOMAIN="${name}")
endfunction()

# add_unit_test(NAME SOURCES file… LIBS target…)
#   One GLib test program, run as ctest NAME. Exit status 77 counts as skipped.
function(add_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;LABELS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LIBS} PkgConfig::GLIB drydock-flags)
    target_compile_definitions(${name} PRIVATE
        G_LOG_DOMAIN="test" DRYDOCK_TESTDATA="${DRYDOCK_TESTDATA}"
        DRYDOCK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES
        SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS "unit;${arg_LABELS}"
        ENVIRONMENT "G_DEBUG=fatal-criticals")
endfunction()

# add_script_test(NAME SCRIPT [ARGS argument…] [LABELS label…] [TIMEOUT seconds] [FIXTURES name…])
#   A bash test of the finished program, run as ctest NAME, after the tests that set up its fixtures.
function(add_script_test name script)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "ARGS;LABELS;FIXTURES")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    add_test(NAME ${name} COMMAND bash ${script} ${arg_ARGS})
    set(environment
        MIGRATE=$<TARGET_FILE:migrate-bin>
        SOURCE_DIR=${CMAKE_SOURCE_DIR}
        BUILD_DIR=${CMAKE_BINARY_DIR}
        IMAGE_CACHE=${CMAKE_SOURCE_DIR}/build/images
        TESTDATA=${DRYDOCK_TESTDATA})
    set_tests_properties(${name} PROPERTIES
        SKIP_RETURN_CODE 77 TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
        FIXTURES_REQUIRED "${arg_FIXTURES}" ENVIRONMENT "${environment}")
endfunction()

# embed_files(RESULT ARRAY name HEADER folder/file.h FILES file…)
#   Makes a C file with the files' contents, to be listed as a source: RESULT is its path. HEADER declares
#   `extern const EmbeddedFile ARRAY[];`.
function(embed_files result)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARRAY;HEADER" "FILES")
    list(TRANSFORM arg_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE inputs)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${arg_ARRAY}.c")
    set(script "${CMAKE_SOURCE_DIR}/cmake/embed.cmake")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND ${CMAKE_COMMAND} "-DINPUTS=${inputs}" -DARRAY=${arg_ARRAY} -DHEADER=${arg_HEADER}
                "-DOUTPUT=${output}" -P "${script}"
        DEPENDS ${inputs} "${script}"
        COMMENT "Embedding ${arg_ARRAY}"
        VERBATIM)
    set(${result} "${output}" PARENT_SCOPE)
endfunction()
