# Completion scripts and the manual page: printed by the program that was built, so that they know the options that it has.
set(shell_files ${CMAKE_CURRENT_BINARY_DIR}/shell)
file(MAKE_DIRECTORY ${shell_files})
function(tristab_prints name destination)
  add_custom_command(OUTPUT ${shell_files}/${name}
                     COMMAND tristab ${ARGN} > ${shell_files}/${name}.partial
                     COMMAND ${CMAKE_COMMAND} -E rename ${shell_files}/${name}.partial ${shell_files}/${name}
                     DEPENDS tristab VERBATIM)
  install(FILES ${shell_files}/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/${destination})
endfunction()

tristab_prints(tristab bash-completion/completions completion bash)
tristab_prints(_tristab zsh/site-functions completion zsh)
tristab_prints(tristab.fish fish/vendor_completions.d completion fish)
tristab_prints(tristab.1 man/man1 man)
add_custom_target(tristab_shell_files ALL DEPENDS ${shell_files}/tristab ${shell_files}/_tristab
                                                  ${shell_files}/tristab.fish ${shell_files}/tristab.1)
