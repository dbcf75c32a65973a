"""What views and templates of every wing share: doors, context, words and shapes on screen."""
