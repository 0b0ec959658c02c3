"""The ear: stress, rhyme and metre of Russian verse, and which words exist. No Keras, no TensorFlow, no HTTP."""
