"""The screens: command line, HTTP and pages. They show and pass on; they decide nothing."""
