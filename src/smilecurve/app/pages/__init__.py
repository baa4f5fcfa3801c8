"""The pages: templates, words in the reader's language, pictures drawn on the server."""
