"""Colour: Lab, bins, gamut, guided upsampling, composing: arithmetic on arrays, no files, no networks."""
